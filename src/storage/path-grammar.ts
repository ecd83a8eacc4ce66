import { sep } from 'node:path';

/** Whether paths here follow the grammar of Windows, and with them names, reserved words and pipes. */
export const windowsPaths = sep === '\\';
