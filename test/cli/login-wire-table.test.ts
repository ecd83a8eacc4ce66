// Each verb that logs in meets everything that the other end can do, with another option of encryption each time; the
// whole table is interop/login-wire-table.test.ts.

import { conducts, meetServers, options } from '../rig/login-table.ts';

meetServers((nth) =>
  conducts.map((conduct, index) => [conduct, options[(nth + index) % options.length] ?? []]),
);
