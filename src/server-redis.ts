export { type RedisLogOptions, redisLog } from "./server/redis/redis-log.js";
