// node stdin-pourer.js FILE SHARE SCRIPT ARGUMENT…: runs the script with the first SHARE of the file on a pipe as its
// standard input; only the whole of it has an end. Wine's own shell makes no pipes: it goes through files.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [file = '', share = '', ...command] = process.argv.slice(2);
const child = spawn(process.execPath, command, { stdio: ['pipe', 'inherit', 'inherit'] });
const bytes = readFileSync(file);
child.stdin.on('error', () => undefined);
child.stdin.write(bytes.subarray(0, bytes.length * Number(share)));
if (share === '1') child.stdin.end();
child.on('exit', (code) => process.exit(code ?? 1));
