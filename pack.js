// node pack.js before|after: what npm runs around the packing of this package (package.json, prepack and postpack).
//
// Before, npm-shrinkwrap.json is made of package-lock.json without what only development needs: the versions and hashes
// that were tested. It is there while a package is packed only, because `npm ci` prefers it to package-lock.json. npm
// refuses it beside a package.json that wants more, so devDependencies stay out of the packed one, too.

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const shrinkwrap = 'npm-shrinkwrap.json';
const whole = 'package.json.whole';

function without({ devDependencies: _, ...rest }) {
  return rest;
}

function productionLock() {
  const { packages, ...lock } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const kept = Object.entries(packages).filter(([, { dev, devOptional }]) => !dev && !devOptional);
  return { ...lock, packages: Object.fromEntries([...kept, ['', without(packages[''])]]) };
}

function write(path, value) {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

function after() {
  if (existsSync(whole)) renameSync(whole, 'package.json');
  rmSync(shrinkwrap, { force: true });
}

if (process.argv[2] === 'before') {
  after(); // a pack that was killed
  const text = readFileSync('package.json', 'utf8');
  writeFileSync(whole, text);
  write('package.json', without(JSON.parse(text)));
  write(shrinkwrap, productionLock());
} else after();
