import { afterAll, beforeAll, expect } from 'vitest';
import { systemClock } from '../../src/index.ts';
import { isolateThisProcess, makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';
import { type ForgedCommit, forge, readHistory, writeHistory } from './forge.ts';
import { liveHonestly } from './honest.ts';
import { audit, makeLedger } from './ledgers.ts';

/** After all that happens in `liveHonestly`, and when forged commits are dated. */
export const CLOCK = { ...systemClock, now: () => new Date('2026-01-03T11:00:00.000Z') };

type Tamper = (commit: ForgedCommit) => Partial<ForgedCommit>;

/** An honest history to be tampered with; it is made before the tests of a file, and gone after them. */
export class Forger {
  #folder: TempFolder | undefined;
  gitDir = '';
  history: ForgedCommit[] = [];

  constructor() {
    beforeAll(async () => {
      isolateThisProcess();
      this.#folder = await makeTempFolder();
      const { gitDir, ledger } = await makeLedger(this.folder, { clock: CLOCK });
      await liveHonestly(ledger);
      await ledger.close();
      this.gitDir = gitDir;
      this.history = await readHistory(gitDir);
    });
    afterAll(() => this.#folder?.cleanup());
  }

  get folder(): string {
    return this.#folder?.path ?? '';
  }

  /** The first commit whose message begins with `start`. */
  commitOf(start: string): ForgedCommit {
    const commit = this.history.find(({ message }) => message.startsWith(start));
    if (commit === undefined) throw new Error(`no commit begins with ${start}`);
    return commit;
  }

  /** What that commit left in its file. */
  textOf(start: string): string {
    return String(this.commitOf(start).files.at(-1)?.text);
  }

  write(commits: readonly ForgedCommit[]): Promise<string> {
    return writeHistory(this.gitDir, commits);
  }

  /** Rules that a forged history breaks. */
  async rulesOf(commits: readonly ForgedCommit[]): Promise<string[]> {
    return (await audit(this.gitDir, await this.write(commits))).findings.map(({ rule }) => rule);
  }

  /** Rules that the last commit of a forged history breaks; all before it must be right. */
  async broken(start: string, tamper: Tamper): Promise<string[]> {
    const tip = await this.write(forge(this.history, start, tamper));
    const { findings } = await audit(this.gitDir, tip);
    expect(findings.map(({ commit }) => commit)).toEqual(findings.map(() => tip));
    return findings.map(({ rule }) => rule);
  }
}

/** A transition under another name. */
export const OTHER_OP = '019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11';
