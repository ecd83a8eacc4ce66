// Who started this program; see vdi/parent-program.ts.
export { programOf } from '../system/parent-program.js';
