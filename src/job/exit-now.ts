// The way out for a program whose threads may be stuck in native code; see vdi/process-calls.ts.
export { exitNow } from '../system/process-calls.js';
