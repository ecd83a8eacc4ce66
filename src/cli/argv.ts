// The command line before commander: finds the verb, makes sqlcmd's bare `-N` safe, and learns the passwords,
// so that not even a complaint about the command line can say one.

import type { Option } from 'commander';
import { isEncryption } from './options/connection-options.ts';
import { withPasswords } from './secrets/with-passwords.ts';
import { usageError } from './usage-error.ts';

interface RoutedArgv {
  /** The verb first, then everything else in its order. */
  readonly argv: readonly string[];
  readonly secrets: readonly string[];
  /** The words as they were given, with `***` for what is secret. */
  readonly shown: readonly string[];
}

interface Grammar {
  /** Of all commands together; where two differ, the first counts until the verb is known. */
  readonly options: readonly Option[];
  /** Of one command. */
  readonly optionsOf: (verb: string) => readonly Option[];
  readonly verbs: readonly string[];
  /** Words that are verbs elsewhere and must not pass for database names in the short form. */
  readonly reserved: readonly string[];
  /** The verb of a command line that names none. */
  readonly shortForm: string;
}

/** Without an operand these speak about the program as a whole. */
const aboutProgram = ['-h', '--help', '--version'];

export function routeArgv(argv: readonly string[], grammar: Grammar): RoutedArgv {
  refuseUnreadable(argv);
  const walk = new Walk(argv, grammar);
  while (walk.step());
  const { words, secrets, firstOperand } = walk;
  const shown = walk.shown();
  if (firstOperand !== undefined && grammar.verbs.includes(words[firstOperand] ?? '')) {
    const [verb = ''] = words.splice(firstOperand, 1);
    return { argv: [verb, ...words], secrets, shown };
  }
  refuseReserved(words[firstOperand ?? -1], grammar);
  const isAboutProgram = firstOperand === undefined && words.some((w) => aboutProgram.includes(w));
  return { argv: isAboutProgram ? words : [grammar.shortForm, ...words], secrets, shown };
}

/** Node.js puts this for every byte that is not UTF-8: the file that was meant cannot be reached by what is left. */
const replaced = '\uFFFD';

/** Which word it is stays unsaid: it may be a password. */
function refuseUnreadable(argv: readonly string[]): void {
  const at = argv.findIndex((word) => word.includes(replaced));
  if (at < 0) return;
  throw usageError(
    'not-utf8',
    `argument ${at + 1} holds bytes that are not UTF-8`,
    'Node.js cannot reach such a file: give it another name, or name it through a symbolic link.',
  );
}

function refuseReserved(word: string | undefined, { reserved }: Grammar): void {
  if (word === undefined || !reserved.includes(word)) return;
  throw usageError(
    'reserved-verb',
    `'${word}' is a command that this version does not have`,
    `For a database of that name: vdibackup backup ${word} <file...>.`,
  );
}

/** One pass over the words, telling options, their values and operands apart the way commander does. */
class Walk {
  readonly words: string[] = [];
  readonly secrets: string[] = [];
  /** Index in `words` of the first operand that is not behind `--`. */
  firstOperand: number | undefined;
  /** Index in `words` of each that holds a secret, and the length of its value. */
  readonly #holding = new Map<number, number>();
  readonly #waiting: string[];
  readonly #options = new Map<string, Option>();

  readonly #optionsOf: Grammar['optionsOf'];

  constructor(argv: readonly string[], { options, optionsOf }: Grammar) {
    this.#waiting = [...argv];
    this.#optionsOf = optionsOf;
    this.#know(options.toReversed());
  }

  /** A later option of the same name replaces an earlier one. */
  #know(options: readonly Option[]): void {
    for (const option of options)
      for (const flag of [option.short, option.long]) if (flag) this.#options.set(flag, option);
  }

  step(): boolean {
    const word = this.#waiting.shift();
    if (word === undefined) return false;
    if (word === '--') this.words.push(word, ...this.#waiting.splice(0));
    else if (word.startsWith('--')) this.#long(word);
    else if (word.length > 1 && word.startsWith('-')) this.#short(word);
    else this.#operand(word);
    return true;
  }

  #operand(word: string): void {
    if (this.firstOperand === undefined) this.#know(this.#optionsOf(word));
    this.firstOperand ??= this.words.length;
    this.words.push(word);
  }

  #long(word: string): void {
    const at = word.indexOf('=');
    const option = this.#options.get(at < 0 ? word : word.slice(0, at));
    if (!option || at >= 0) {
      this.words.push(word);
      if (option) this.#learn(option, word.slice(at + 1));
    } else if (option.optional) this.words.push(`${word}=${this.#encryption()}`);
    else this.#whole(word, option);
  }

  /** `-S host`, `-Shost`, `-CE`, `-CShost`, `-N`, `-No`: flags, then at most one option that takes a value. */
  #short(word: string): void {
    const letters = [...word].slice(1);
    const at = letters.findIndex((letter) => !this.#isFlag(letter));
    const option = at < 0 ? undefined : this.#options.get(`-${letters[at]}`);
    const attached = letters.slice(at + 1).join('');
    if (option?.required && attached === '') this.#whole(word, option);
    else if (option?.optional && attached === '') this.words.push(word + this.#encryption());
    else {
      this.words.push(word);
      if (option) this.#learn(option, attached);
    }
  }

  #isFlag(letter: string): boolean {
    const option = this.#options.get(`-${letter}`);
    return option !== undefined && !option.required && !option.optional;
  }

  #whole(word: string, option: Option): void {
    this.words.push(word);
    const value = option.required ? this.#waiting.shift() : undefined;
    if (value === undefined) return;
    this.words.push(value);
    this.#learn(option, value);
  }

  /** `-N` is the one option whose value may be missing: only a word that can be one is taken for it. */
  #encryption(): string {
    return isEncryption(this.#waiting[0] ?? '') ? (this.#waiting.shift() ?? '') : 'm';
  }

  #learn(option: Option, value: string): void {
    const found = secretsIn(option, value);
    this.secrets.push(...found);
    // What was pushed last ends in the value.
    if (found.length > 0) this.#holding.set(this.words.length - 1, value.length);
  }

  /** The words so far, those that hold a secret without their value. */
  shown(): string[] {
    return this.words.map((word, index) => {
      const length = this.#holding.get(index);
      return length === undefined ? word : `${word.slice(0, word.length - length)}***`;
    });
  }
}

function secretsIn({ long }: Option, value: string): string[] {
  if (long === '--password') return [value];
  return long === '--with' ? withPasswords(value) : [];
}
