// The findings of `doctor` for people: a line each, and what to do below it.

import { printable } from '../../base/printable.ts';
import type { DoctorReport, Finding } from '../../job/doctor/doctor-report.ts';
import { oneLine } from './output.ts';

const levelWidth = 9;
const checkWidth = 15;

export function doctorTable({ findings }: DoctorReport): string {
  // Some words are the server's.
  return `${findings.flatMap(lines).map(printable).join('\n')}\n`;
}

function lines({ check, level, code, message, fix, hints = [] }: Finding): string[] {
  const name = level === 'ok' || code === 'not-checked' ? '' : ` [${code}]`;
  const indent = ' '.repeat(levelWidth + checkWidth);
  return [
    `${level.padEnd(levelWidth)}${check.padEnd(checkWidth)}${oneLine(message)}${name}`,
    ...(fix === undefined ? [] : [`${indent}fix: ${fix}`]),
    ...hints.map((hint) => `${indent}hint: ${oneLine(hint)}`),
  ];
}
