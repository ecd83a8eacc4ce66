// Whether this process has the rights of an administrator. Windows only.

import { DataType, load, open } from './ffi.ts';

const key = 'system:shell32';

/** Undefined where the system does not say. */
export function isElevated(): boolean | undefined {
  try {
    open({ library: key, path: 'shell32.dll' });
    const answer = load({
      library: key,
      funcName: 'IsUserAnAdmin',
      retType: DataType.I32,
      paramsType: [],
      paramsValue: [],
    });
    return answer !== 0;
  } catch {
    return undefined;
  }
}
