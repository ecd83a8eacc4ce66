import type { Abort } from '../base/abort.ts';
import type { Output } from './report/output.ts';
import type { Redactor } from './secrets/redact.ts';

/** What a job meets. */
type Uses = 'library' | 'files' | 'nothing' | 'afterwards';

/** What a run finds around it: main.ts takes it from the process, tests make it up. */
export interface Surroundings {
  /** Without the program's own two words. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly hostName: string;
  readonly cpus: number;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Width of the terminal on stderr. */
  readonly columns: () => number;
  /** Date.now */
  readonly now: () => number;
  /** It was closed (`>&-`) when the process began. */
  readonly stdoutIsClosed: boolean;
  /** False when not all of it could be written, for whatever reason: its reader stands still, or the run is aborted. */
  readonly writeOut: (text: string) => Promise<boolean>;
  readonly output: Output;
  readonly redactor: Redactor;
  /** Lets other users of the machine see these words as the command line, where the system can. */
  readonly showCommandLine: (words: readonly string[]) => void;
  readonly abort: Abort;
  /** Asks a person for a password; undefined when there is no terminal to ask at. */
  readonly askPassword: ((question: string) => Promise<string>) | undefined;
  /** From now on standard error, and standard output, are reached through these descriptors. */
  readonly speakOn: (stderr: number, stdout?: number) => void;
  /** Path of the program that started this one, where it matters (Windows) and can be told. */
  readonly parentProgram: () => Promise<string | undefined>;
  /**
   * A job with all it needs, loaded only now because a small backup is mostly start-up. `uses` says what stands in its way:
   * the `library` may print, `files` may hang. Throws the cause where the run was aborted meanwhile,
   * but for what is asked `afterwards`.
   */
  readonly load: <Job>(job: () => Promise<Job>, uses: Uses) => Promise<Job>;
}
