// Who started this program; see vdi/parent-program.ts.
export { programOf } from '../vdi/parent-program.ts';
