/* "holdfast/node": what a client in Node may have beyond the platform's own, as parts of its runtime. */
export { fileLocks } from "./runtime/file-locks.js";
export { type FileStorageOptions, fileStorage } from "./runtime/file-storage.js";
