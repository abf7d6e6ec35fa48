import { type FetchTrace, type LockTrace, type PushTrace, TRACE_CHANNELS, type WaitTrace } from '../index.ts';
import type { World, Writer } from './process.ts';
import { fitLine, printLine, widthOf } from './render/line.ts';

/** Work that is done sooner shows no progress. */
const PATIENT_MS = 400;
/** What is waited for longer is told. */
const WAITING_MS = 2_000;
const WIDTH = 80;
const WIPE = '\r\u001b[K';

type Awaited = FetchTrace | PushTrace | WaitTrace | LockTrace;

interface Entry {
  since: number;
  patience: number;
  label(waited: number): string;
}

/**
 * The last line of a terminal, which tells what a call is at, or what it waits for. It is wiped before anything else is
 * written, so that it never stands among what a call says.
 */
export class StatusLine {
  readonly #stderr: Writer;
  readonly #entries = new Set<Entry>();
  #timer: NodeJS.Timeout | undefined;
  #shown = false;
  /** Whoever is interrupted finds the terminal as it was. */
  readonly #leave = (): void => this.wipe();

  constructor(stderr: Writer) {
    this.#stderr = stderr;
  }

  /** Shows `label` from some time on. @returns what ends that */
  begin(label: Entry['label'], patience = PATIENT_MS): () => void {
    const entry = { since: performance.now(), patience, label };
    this.#entries.add(entry);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#show(), PATIENT_MS);
      process.on('exit', this.#leave);
    }
    return () => {
      this.#entries.delete(entry);
      this.wipe();
      if (this.#entries.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
      process.off('exit', this.#leave);
    };
  }

  wipe(): void {
    if (this.#shown) this.#stderr.write(WIPE);
    this.#shown = false;
  }

  /** The same world, in which whatever is written finds the line wiped. */
  guard(world: World): World {
    const guarded = (writer: Writer): Writer => ({
      write: (text) => {
        this.wipe();
        return writer.write(text);
      },
      ...(writer.flush && { flush: () => writer.flush?.() ?? Promise.resolve() }),
      get isTTY() {
        return writer.isTTY;
      },
      get columns() {
        return writer.columns;
      },
    });
    return {
      stdout: guarded(world.stdout),
      stderr: guarded(world.stderr),
      env: world.env,
      get stdin() {
        return world.stdin;
      },
    };
  }

  /** Tells what this process waits for: remotes, and other processes of the clone. @returns what ends that */
  followWaits(): () => void {
    const { tracingChannel } = process.getBuiltinModule('node:diagnostics_channel');
    const ends = new Map<Awaited, () => void>();
    const nothing = (): void => undefined;
    const listeners = {
      start: (record: Awaited) =>
        void ends.set(
          record,
          this.begin((ms) => describeWait(record, ms), WAITING_MS),
        ),
      asyncEnd: (record: Awaited) => {
        ends.get(record)?.();
        ends.delete(record);
      },
      end: nothing,
      asyncStart: nothing,
      error: nothing,
    };
    const { fetch, push, wait, lock } = TRACE_CHANNELS;
    const channels = [fetch, push, wait, lock].map((name) => tracingChannel<unknown, Awaited>(name));
    for (const channel of channels) channel.subscribe(listeners);
    return () => {
      for (const channel of channels) channel.unsubscribe(listeners);
      for (const end of ends.values()) end();
    };
  }

  #show(): void {
    const now = performance.now();
    const due = [...this.#entries].filter(({ since, patience }) => now - since >= patience);
    const entry = due.at(-1);
    if (entry === undefined) return;
    this.#shown = true;
    // What goes on in the next line of the terminal could not be wiped.
    const width = widthOf(this.#stderr, WIDTH) - 1;
    this.#stderr.write(WIPE + printLine(fitLine(entry.label(now - entry.since), width), false));
  }
}

function describeWait(record: Awaited, waited: number): string {
  const seconds = `${Math.round(waited / 1000)} s`;
  if (record.kind !== 'lock') {
    const what = record.kind === 'wait' ? record.until : record.kind;
    return `waiting for ${record.remote}… (${what}, ${seconds})`;
  }
  const { holder, lock } = record;
  const who = holder === null ? 'another process' : `process ${holder.pid}`;
  const state = holder?.state === 'stopped' ? ', which is stopped' : '';
  return `waiting for ${who}${state}… (lock ${lock}, ${seconds})`;
}
