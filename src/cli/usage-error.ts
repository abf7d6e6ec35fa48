import type { CommanderError } from 'commander';
import type { Writer } from './world.ts';

const USAGE_STATUS = 2;

/** What the parser stopped at: a call that it cannot read, or help that it has printed. */
export class UsageError extends Error {
  readonly #cause: CommanderError;
  readonly #path: string;

  constructor(cause: CommanderError, path: string) {
    super(cause.message, { cause });
    this.#cause = cause;
    this.#path = path;
  }

  /** @returns the exit status */
  async report(json: boolean, stderr: Writer): Promise<number> {
    const { code, exitCode, message } = this.#cause;
    if (exitCode === 0) return 0;
    // The help of a command that needs another word is out already.
    if (code === 'commander.help') return USAGE_STATUS;
    const [first = '', suggestion] = message.replace(/^error: /, '').split('\n');
    const hint =
      suggestion === undefined ? `See: ${this.#path} --help` : suggestion.replace(/^\((.*)\)$/, '$1');
    const { reportFailures } = await import('./failure.ts');
    const { LedgerError } = await import('../index.ts');
    const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1)}${first.endsWith('.') ? '' : '.'}`;
    reportFailures([new LedgerError('INVALID_INPUT', sentence, { hint })], json, stderr);
    return USAGE_STATUS;
  }
}
