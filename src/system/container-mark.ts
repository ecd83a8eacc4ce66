// Whether this process is in a container, as far as one can see from inside.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** Files that Docker and Podman put into every container. */
const marks = ['/.dockerenv', '/run/.containerenv'];

export async function isInContainer(): Promise<boolean> {
  if (marks.some((mark) => existsSync(mark))) return true;
  return isContainerCgroup(await readFile('/proc/1/cgroup', 'utf8').catch(() => ''));
}

export function isContainerCgroup(cgroup: string): boolean {
  return /docker|kubepods|containerd|libpod|\blxc\b/.test(cgroup);
}
