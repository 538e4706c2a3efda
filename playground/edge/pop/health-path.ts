/** Answered by a PoP's proxy itself, for the monitor. */
export const HEALTH_PATH = "/.edge/health";
