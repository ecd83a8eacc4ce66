// Every verb that logs in × every option of encryption × everything the other end can do.

import { conducts, meetServers, options } from '../rig/login-table.ts';

meetServers(() =>
  conducts.flatMap((conduct) => options.map((option) => [conduct, option] as const)),
);
