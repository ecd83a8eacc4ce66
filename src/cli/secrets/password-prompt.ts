// Asks for a password at a terminal, without showing it.

import type { Abort } from '../../base/abort.ts';
import { Failure } from '../../base/errors.ts';

const interrupt = '\u0003';
const endOfInput = '\u0004';
const escapeKey = '\u001b';
const clearAll = '\u0015';
const backspaces = ['\u007f', '\b'];
const lineEnds = ['\r', '\n'];

/** As much of a terminal's stdin as asking takes. */
export interface Keyboard {
  setRawMode(raw: boolean): unknown;
  setEncoding(encoding: 'utf8'): unknown;
  resume(): unknown;
  pause(): unknown;
  on(event: 'data', listener: (text: string) => void): unknown;
  off(event: 'data', listener: (text: string) => void): unknown;
}

/** The password typed; Ctrl-C and the abort of the run reject. */
export function askPassword(
  question: string,
  keyboard: Keyboard,
  write: (text: string) => void,
  abort: Abort,
): Promise<string> {
  const typed: string[] = [];
  return new Promise<string>((resolve, reject) => {
    const stop = () => {
      keyboard.off('data', onData);
      keyboard.setRawMode(false);
      keyboard.pause();
      unregister();
      write('\n');
    };
    const settle = (text: string) => {
      for (const key of text) {
        const answer = press(typed, key);
        if (answer === undefined) continue;
        stop();
        return answer instanceof Failure ? reject(answer) : resolve(answer);
      }
    };
    const onData = (text: string) => {
      if (!text.startsWith(escapeKey)) settle(text); // an arrow key is no character
    };
    let unregister: () => void = () => undefined;
    write(question);
    keyboard.setRawMode(true);
    keyboard.setEncoding('utf8');
    keyboard.on('data', onData);
    keyboard.resume();
    unregister = abort.onAbort((cause) => {
      stop();
      reject(cause);
    });
  });
}

/** Takes one key; the password or a failure when it ends the question. */
function press(typed: string[], key: string): string | Failure | undefined {
  if (key === interrupt) return new Failure('interrupted', 'interrupted by Ctrl-C');
  if (lineEnds.includes(key) || key === endOfInput) return typed.join('');
  if (key === clearAll) typed.length = 0;
  else if (backspaces.includes(key)) typed.pop();
  else if (!/\p{Cc}/u.test(key)) typed.push(key);
  return undefined;
}
