// Messages that ask for another block or transfer size name the right one: it becomes the option to use. Texts come
// in the login's language, so only their numbers are read.

import type { FailureCode } from '../../base/failure-codes.ts';
import { isBlockSize, isTransferSize } from '../../base/platform/sql-server-limits.ts';
import { sentText } from '../server-message.ts';
import type { SqlMessage } from '../sql-session.ts';
import type { Explanation } from './explanation.ts';

/** Filemark not aligned, as an error and as a warning: the last number is the likely block size. */
const blockSizeMessages: readonly number[] = [3284, 3285];
/** "RESTORE requires MAXTRANSFERSIZE=%u but %u was specified": the first number is the right one. */
const transferSizeMessage = 3199;

/** `undefined` for other messages, and for one of these that names no size that can be. */
export function explainSize(message: SqlMessage): Explanation | undefined {
  const option = optionFor(message);
  if (!option) return undefined;
  return {
    code: option.code,
    hints: [`Repeat it with the size that SQL Server names: ${option.words}.`],
  };
}

function optionFor(message: SqlMessage): { code: FailureCode; words: string } | undefined {
  const numbers = numbersIn(message);
  if (blockSizeMessages.includes(message.number)) {
    const size = numbers.findLast(isBlockSize);
    return size === undefined ? undefined : { code: 'block-size', words: `--block-size ${size}` };
  }
  if (message.number !== transferSizeMessage) return undefined;
  const size = numbers.find(isTransferSize);
  return size === undefined
    ? undefined
    : { code: 'transfer-size', words: `--transfer-size ${size}` };
}

/** Whole words of digits; those of a device's GUID are parts of longer words. */
function numbersIn(message: SqlMessage): number[] {
  return [...sentText(message).matchAll(/(?<![\w-])\d+(?![\w-])/g)].map(([digits]) =>
    Number(digits),
  );
}
