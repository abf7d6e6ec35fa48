import { tracingChannel } from 'node:diagnostics_channel';
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { escapeUnsafe, TRACE_CHANNELS, type TraceKind, type TraceRecord } from '../index.ts';
import { describeStep } from './render/trace.ts';

/** Where the steps of a call go. */
export interface TraceSettings {
  /** `WL_TRACE` as it stands in the environment. */
  variable: string | undefined;
  verbose: boolean;
  /** Whether standard error is read by programs. */
  json: boolean;
  /** Whether git called the program: what a hook prints goes to whoever pushes, so it is left alone. */
  hook: boolean;
  /** Writes a line to standard error. */
  writeLine(line: string): void;
  /** Says that something is not done. */
  warn(message: string): void;
}

interface Sink {
  write(step: Step): void;
  close?(): void;
}

/** What is written of a step. */
interface Step {
  record: TraceRecord;
  /** Milliseconds since it began, where it is not over. */
  going_on?: number;
}

/** A step that takes longer is told before it is over, and again each time it took twice as long. */
const LONG_MS = 2_000;
const LOOK_MS = 500;
/** These are done at once, so nothing of theirs comes later. */
const AT_ONCE: ReadonlySet<TraceKind> = new Set<TraceKind>(['decide', 'replay']);
const OFF = new Set(['', '0', 'false', 'no', 'off']);
const ON = new Set(['1', 'true', 'yes', 'on']);

/**
 * Writes each step of this process where the settings say, until it is told to stop.
 *
 * @see docs/debugging.md
 */
export function startTrace(settings: TraceSettings): { stop(): void } {
  const sinks = chooseSinks(settings);
  const open = new Map<TraceRecord, { since: number; reportAt: number }>();
  const write = (step: Step): void => {
    for (const sink of sinks) sink.write(step);
  };
  const begun = (record: TraceRecord): void => {
    open.set(record, { since: performance.now(), reportAt: LONG_MS });
  };
  const ended = (record: TraceRecord): void => {
    open.delete(record);
    write({ record });
  };
  const reportOpen = (): void => {
    for (const [record, { since }] of open) write({ record, going_on: performance.now() - since });
    open.clear();
  };
  const look = setInterval(() => {
    for (const [record, step] of open) {
      const going_on = performance.now() - step.since;
      if (going_on < step.reportAt || isHelper(record)) continue;
      step.reportAt = going_on * 2;
      write({ record, going_on });
    }
  }, LOOK_MS);
  look.unref();
  const subscribed = Object.entries(TRACE_CHANNELS).map(([kind, name]) => {
    const channel = tracingChannel<unknown, TraceRecord>(name);
    // What threw has its end as well.
    const nothing = (): void => undefined;
    const atOnce = AT_ONCE.has(kind as TraceKind);
    const listeners = {
      start: begun,
      end: atOnce ? ended : nothing,
      asyncStart: nothing,
      asyncEnd: atOnce ? nothing : ended,
      error: nothing,
    };
    channel.subscribe(listeners);
    return () => channel.unsubscribe(listeners);
  });
  // Whoever is interrupted wants to know what was waited for.
  process.on('exit', reportOpen);
  return {
    stop() {
      for (const unsubscribe of subscribed) unsubscribe();
      process.off('exit', reportOpen);
      clearInterval(look);
      reportOpen();
      for (const sink of sinks) sink.close?.();
    },
  };
}

const isHelper = (record: TraceRecord): boolean => record.kind === 'git' && record.helper === true;

function chooseSinks(settings: TraceSettings): Sink[] {
  const { variable = '', verbose, json, hook, writeLine, warn } = settings;
  const named = variable.toLowerCase();
  const asJson: Sink = { write: (step) => writeLine(jsonLine(step)) };
  const asText: Sink = json ? asJson : { write: (step) => writeLine(`trace ${textLine(step)}`) };
  if (OFF.has(named)) return verbose && !hook ? [asText] : [];
  if (named === 'json') return hook ? [] : [asJson];
  if (ON.has(named)) return hook ? [] : [asText];
  if (!/[/\\.]/.test(variable)) {
    if (!hook) warn(`WL_TRACE=${variable} is neither 1, json nor a path`);
    return verbose && !hook ? [asText] : [];
  }
  // A hook runs where git puts it: a relative path would name a file in the repository.
  const file = hook && !isAbsolute(variable) ? undefined : openFile(resolve(variable), settings);
  return [...(file === undefined ? [] : [file]), ...(verbose && !hook ? [asText] : [])];
}

/** A file of this user's own, made where it is missing, that lines are added to; what cannot be one is told and left alone. */
function openFile(path: string, { warn, hook }: TraceSettings): Sink | undefined {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  let fd: number | undefined;
  const giveUp = (reason: string): undefined => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
    if (!hook) warn(`the trace cannot be written to ${path}: ${reason}`);
  };
  try {
    fd = openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK, 0o600);
    const stats = fstatSync(fd);
    if (!stats.isFile()) return giveUp('it is no file');
    if (process.geteuid !== undefined && stats.uid !== process.geteuid())
      return giveUp("it is another user's");
  } catch (error) {
    return giveUp(reasonOf(error));
  }
  return {
    write(step) {
      try {
        if (fd !== undefined) writeSync(fd, `${new Date().toISOString()} ${process.pid} ${textLine(step)}\n`);
      } catch (error) {
        giveUp(reasonOf(error));
      }
    },
    close() {
      if (fd !== undefined) closeSync(fd);
    },
  };
}

/** The system's own words, without the call and the path. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith('ELOOP')) return 'it is a symbolic link';
  return /^E\w+: ([^,]+),/.exec(message)?.[1] ?? message;
}

const MS_WIDTH = 6;
const KIND_WIDTH = 6;

function textLine({ record, going_on }: Step): string {
  const at = String(Math.round(performance.now())).padStart(MS_WIDTH);
  return `${at} ms  ${record.kind.padEnd(KIND_WIDTH)}  ${describeStep(record, going_on)}`;
}

function jsonLine({ record, going_on }: Step): string {
  // What the channel itself adds is no plain value.
  const { error: _, result: __, ...fields } = record as TraceRecord & { error?: unknown; result?: unknown };
  const trace = {
    at: new Date().toISOString(),
    pid: process.pid,
    channel: TRACE_CHANNELS[record.kind],
    ...fields,
    ...(going_on === undefined ? {} : { going_on_ms: going_on }),
  };
  return escapeUnsafe(JSON.stringify({ trace }));
}
