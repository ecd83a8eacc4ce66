// Where modules of this package may be looked for. Node.js looks in the node_modules of every folder up to the root, then
// in ~/.node_modules, ~/.node_libraries, NODE_PATH and beside its own executable
// (https://nodejs.org/api/modules.html#loading-from-node_modules-folders): whoever can make a folder on that way
// would choose the code of an optional module that is not installed.

import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

const modules = 'node_modules';

export interface OwnTree {
  /** Folder of package.json. */
  readonly root: string;
  /** No module is looked for above this folder. */
  readonly top: string;
}

/**
 * npm puts the packages of a global installation, of a checkout and of a package with a shrinkwrap below the package:
 * then nothing beside it is its own. A project that depends on vdibackup may have them beside it, and so may npx and
 * pnpm: then the folder that holds both is the top. Whoever may write there may put another vdibackup there, too.
 */
export function ownTree(root: string): OwnTree {
  const holder = dirname(root);
  const beside = basename(holder) === modules && !holdsAllItNeeds(root);
  return { root, top: beside ? holder : root };
}

function holdsAllItNeeds(root: string): boolean {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
  return Object.keys(dependencies).every((name) => existsSync(join(root, modules, name)));
}

/**
 * Whether a module that the file `from` asks for may be looked for in `folder`. A file outside of the tree is one that a
 * link inside leads to (pnpm, npm link): its own package and the folder that holds that are all it sees.
 */
export function mayLookIn(tree: OwnTree, folder: string, from: string | undefined): boolean {
  if (isWithin(folder, tree.top)) return true;
  if (from === undefined || isWithin(from, tree.top)) return false;
  const end = from.lastIndexOf(`${sep}${modules}${sep}`);
  return end >= 0 && isWithin(folder, from.slice(0, end + 1 + modules.length));
}

/** `name` of `name/path`, `@scope/name` of `@scope/name/path`. */
export function packageName(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
