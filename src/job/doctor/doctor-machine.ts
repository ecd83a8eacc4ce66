// What the facts of this machine mean for a virtual device: pure judgements.

import { formatByteSize, GiB, MiB } from '../../base/byte-size.ts';
import type { AccountFacts } from '../../system/account.ts';
import { EM_X86_64 } from '../../system/code/elf-image.ts';
import type { ContainerFacts } from '../../system/container.ts';
import type { LibraryFacts, LinuxFacts, MachineFacts } from '../../system/machine.ts';
import { ok, problem, unknown } from './doctor-finding.ts';
import type { Finding } from './doctor-report.ts';

/** Microsoft's advice for --shm-size, in bytes; Docker's own default of 64 MB is too small. */
const advisedSharedMemory = GiB;

/** Less than four buffers of 4 MiB hold no backup, in bytes. */
const leastFreeSharedMemory = 16 * MiB;

/** The oldest Node.js that package.json admits. */
const oldestNode = [20, 19] as const;

interface Runtime {
  readonly tool: string;
  /** `process.versions.node` */
  readonly node: string;
  /** `process.arch` */
  readonly arch: string;
  /** What the CPU quota of the cgroup is worth, in processors. */
  readonly cpuQuota?: number | undefined;
}

export function runtimeFinding({ tool, node, arch, cpuQuota }: Runtime): Finding {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const what = `vdibackup ${tool} on Node.js ${node} (${arch})`;
  if (arch !== 'x64')
    return {
      ...problem(
        'runtime',
        'not-x64',
        `${what}: SQL Server's VDI library is for x64 programs only`,
      ),
      hints: ['Install the x64 build of Node.js.'],
    };
  const old = major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
  const quota =
    cpuQuota === undefined ? '' : `; threads by the CPU quota of its cgroup: ${cpuQuota}`;
  if (!old) return ok('runtime', `${what}${quota}`);
  return problem(
    'runtime',
    'node-too-old',
    `${what}: Node.js ${oldestNode.join('.')} is the oldest`,
  );
}

/** What the system itself says, before anything is loaded. */
export function machineFindings(machine: MachineFacts): Finding[] {
  switch (machine.system) {
    case 'linux':
      return linuxFindings(machine);
    case 'windows':
      return [elevationFinding(machine.elevated)];
    case 'other':
      return [];
  }
}

function linuxFindings({ account, umask, sharedMemory, container }: LinuxFacts): Finding[] {
  return [
    accountFinding(account),
    umaskFinding(umask),
    sharedMemoryFinding(sharedMemory),
    containerFinding(container),
  ];
}

/** The library is for other processors: the loader's words would not say so. */
export function misfit({ path, image }: LibraryFacts): Finding | undefined {
  if (!image || (image.bits === 64 && image.machine === EM_X86_64)) return undefined;
  const what = image.bits === 64 ? `machine type ${image.machine}` : `${image.bits}-bit programs`;
  return problem(
    'vdi-library',
    'vdi-library-bitness',
    `the VDI library ${path} is for ${what}, not for 64-bit x86`,
  );
}

export function accountFinding(account: AccountFacts | undefined): Finding {
  const check = 'account';
  if (!account) return unknown(check, 'account-unknown', 'the system does not say who this is');
  const { uid, name, group, serverUid, hasServerGroup, listedInServerGroup, sharesGroup } = account;
  if (serverUid === undefined)
    return unknown(
      check,
      'no-server-account',
      `there is no account mssql here: vdibackup runs as ${name} (uid ${uid}), which must be the uid of SQL Server or share groups with it`,
    );
  if (uid === serverUid) return ok(check, `runs as ${name}, the account of SQL Server`);
  if (uid === 0)
    return {
      ...problem(
        check,
        'runs-as-root',
        'runs as root: SQL Server may not be able to open what root makes',
      ),
      level: 'warning',
    };
  if (hasServerGroup && sharesGroup)
    return ok(check, `runs as ${name}; ${name} and mssql are in each other's groups`);
  if (hasServerGroup)
    return problem(check, 'server-not-in-group', `mssql is not in ${group}, the group of ${name}`);
  if (listedInServerGroup)
    return problem(
      check,
      'group-not-in-effect',
      `${name} was added to the group mssql, but this session was opened before`,
    );
  return problem(check, 'not-in-server-group', `${name} is not in the group mssql`);
}

function umaskFinding(umask: number | undefined): Finding {
  const digits = umask === undefined ? 'unknown' : umask.toString(8).padStart(4, '0');
  return ok('umask', `umask ${digits}; vdibackup sets its own while it makes shared objects`);
}

export function sharedMemoryFinding(memory: LinuxFacts['sharedMemory']): Finding {
  const check = 'shared-memory';
  if (!memory) return problem(check, 'shm-missing', 'there is no /dev/shm');
  const size = `/dev/shm has ${formatByteSize(memory.bytes)}, ${formatByteSize(memory.freeBytes)} free`;
  if (memory.freeBytes < leastFreeSharedMemory)
    return problem(check, 'shm-full', `${size}: too little for the buffers of a backup`);
  if (memory.bytes >= advisedSharedMemory) return ok(check, size);
  const message = `${size}: less than the ${formatByteSize(advisedSharedMemory)} that SQL Server's manual advises`;
  return { ...problem(check, 'shm-small', message), level: 'warning' };
}

export function containerFinding(container: ContainerFacts | undefined): Finding {
  const check = 'container';
  if (!container) return ok(check, 'no container is seen around this process');
  if (container.sharesMemory)
    return ok(check, 'this is a container, and mssql.conf says enablecontainersharedmemory = true');
  if (container.sharesMemory === false)
    return {
      ...problem(
        check,
        'container-memory-off',
        'this is a container, and mssql.conf does not say enablecontainersharedmemory = true',
      ),
      hints: [
        'Restart the container afterwards. VDI works in containers from SQL Server 2017 CU28 and 2019 CU15 on.',
      ],
    };
  return {
    ...unknown(
      check,
      'container-unknown',
      "this is a container and mssql.conf cannot be read in it: whether it shares SQL Server's memory, only a backup shows",
    ),
    hints: [
      "SQL Server's container needs --shm-size=1g, [memory] enablecontainersharedmemory = true in mssql.conf and --ipc=shareable; this one the same uid and --ipc=container:NAME.",
    ],
  };
}

export function elevationFinding(elevated: boolean | undefined): Finding {
  const check = 'elevation';
  if (elevated) return ok(check, 'this process has the rights of an administrator');
  if (elevated === undefined)
    return unknown(check, 'elevation-unknown', 'Windows does not say whether this is elevated');
  return {
    ...problem(check, 'not-elevated', 'this process is not elevated'),
    level: 'warning',
    hints: [
      'A service account needs no elevation if it has the right "Create global objects"; the check device-set shows it.',
    ],
  };
}
