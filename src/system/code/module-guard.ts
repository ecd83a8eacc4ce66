// The first thing that runs in every thread (bundle.js): from here on modules come out of our own tree and from nowhere
// else. Node.js has no switch for that; what is wrapped is `Module._resolveLookupPaths`, the one place through which each
// `require` of a bare name goes (lib/internal/modules/cjs/loader.js), and for `import` the documented
// `module.registerHooks`, where there is one (22.15, 23.5). On an older Node.js an `import` of a bare name is not
// guarded; there is none in what a run loads.

import { existsSync } from 'node:fs';
import Module, { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { internalError } from '../../base/errors.ts';
import { packageRoot } from '../../base/package-root.ts';
import { mayLookIn, type OwnTree, ownTree, packageName } from './own-tree.ts';

interface Loader {
  _resolveLookupPaths(request: string, parent: Parent): string[] | null;
  _nodeModulePaths(from: string): string[];
  registerHooks?(hooks: { resolve: ResolveHook }): void;
}

type Parent = { readonly filename?: string | null } | null | undefined;

type ResolveHook = (specifier: string, context: ResolveContext, next: NextResolve) => unknown;
type NextResolve = (specifier: string, context: ResolveContext) => unknown;

interface ResolveContext {
  readonly conditions: readonly string[];
  readonly parentURL?: string | undefined;
}

const loader = Module as unknown as Loader;

function guardRequire(tree: OwnTree): void {
  const lookUp = loader._resolveLookupPaths;
  // Rather no run than one with modules from anywhere.
  if (typeof lookUp !== 'function') throw internalError('Module._resolveLookupPaths', lookUp);
  loader._resolveLookupPaths = (request, parent) => {
    const from = parent?.filename ?? undefined;
    const beside = from === undefined ? undefined : dirname(from);
    const folders = lookUp(request, parent);
    return (
      folders?.filter((folder) => folder === beside || mayLookIn(tree, folder, from)) ?? folders
    );
  };
}

function guardImport(tree: OwnTree): void {
  loader.registerHooks?.({
    resolve(specifier, context, next) {
      if (context.conditions.includes('import')) checkImport(tree, specifier, context.parentURL);
      return next(specifier, context);
    },
  });
}

/** A bare name is the only kind that is looked for in more than one place. */
const bareName = /^(?![./#]|[a-z][a-z\d+.-]+:)/i;

function checkImport(tree: OwnTree, specifier: string, parentUrl: string | undefined): void {
  if (!parentUrl?.startsWith('file:') || !bareName.test(specifier) || isBuiltin(specifier)) return;
  const from = fileURLToPath(parentUrl);
  const name = packageName(specifier);
  const folders = loader._nodeModulePaths(dirname(from));
  const own = folders.filter((folder) => mayLookIn(tree, folder, from));
  if (own.some((folder) => existsSync(join(folder, name)))) return;
  const error: NodeJS.ErrnoException = new Error(
    `cannot find package '${name}', imported from ${from}: it is not part of this installation`,
  );
  error.code = 'ERR_MODULE_NOT_FOUND';
  throw error;
}

const tree = ownTree(packageRoot(import.meta.url));
guardRequire(tree);
guardImport(tree);
