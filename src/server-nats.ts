export { type NatsLogOptions, natsLog } from "./server/nats/nats-log.js";
