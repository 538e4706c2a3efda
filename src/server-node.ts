export { type AttachOptions, attach } from "./server/node.js";
