// The VDI class in the registry of the prefix.

import { windowsPath } from './places.ts';
import { wine } from './wine.ts';

const key =
  'HKLM\\Software\\Classes\\CLSID\\{40700425-0080-11d2-851f-00c04fc21759}\\InprocServer32';

export function registerClass(dll: string): void {
  wine(['reg', 'add', key, '/ve', '/d', windowsPath(dll), '/f']);
  wine(['reg', 'add', key, '/v', 'ThreadingModel', '/d', 'Both', '/f']);
}
