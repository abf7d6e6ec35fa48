import { escapeUnsafe } from '../index.ts';
import { Cli } from './cli.ts';
import type { Reply } from './command.ts';
import type { FoundCommand } from './commands.ts';
import { exitStatus, reportFailures, writeNotice } from './failure.ts';
import type { ReadCall } from './grammar.ts';
import type { World } from './process.ts';
import { idsIn, printLine, safe } from './render/line.ts';

const SCHEMA_VERSION = 1;

/** Runs one command and shows what it says. @returns the exit status */
export async function execute({ command, args, values, globals }: ReadCall, world: World): Promise<number> {
  let failures: readonly unknown[];
  let status = 0;
  let cli: Cli | undefined;
  let trace: { stop(): void } | undefined;
  try {
    cli = new Cli(globals, world);
    if (globals.verbose || world.env.WL_TRACE) trace = await beginTrace(command, cli);
    const reply = await command.invoke(cli, args, values);
    if (reply.data !== undefined) await show(reply, cli);
    failures = reply.failures ?? [];
    status = reply.status ?? 0;
  } catch (error) {
    failures = [error];
  } finally {
    await cli?.close();
    trace?.stop();
  }
  reportFailures(failures, globals.json, world.stderr);
  for (const notice of cli?.notices ?? []) writeNotice(notice, globals.json, world.stderr);
  return failures.length === 0 ? status : exitStatus(failures[0]);
}

async function beginTrace({ name }: FoundCommand, { globals, world }: Cli): Promise<{ stop(): void }> {
  const { startTrace } = await import('./trace.ts');
  const { verbose, json } = globals;
  return startTrace({
    variable: world.env.WL_TRACE,
    verbose,
    json,
    hook: name === 'hook',
    tell: (line) => world.stderr.write(`${line}\n`),
    complain: (message) => writeNotice(message, json, world.stderr),
  });
}

async function show(reply: Reply, cli: Cli): Promise<void> {
  const { stdout } = cli.world;
  const { json, quiet } = cli.globals;
  if (json) {
    const { kind, data, where } = reply;
    const as_of = (await cli.opened?.query.asOf()) ?? null;
    const envelope = { schema_version: SCHEMA_VERSION, kind, data, ...(where && { where }), as_of };
    stdout.write(`${escapeUnsafe(JSON.stringify(envelope))}\n`);
    return;
  }
  if (quiet && reply.ids !== undefined) {
    for (const id of reply.ids) stdout.write(`${safe(id)}\n`);
    return;
  }
  const ids = cli.colored ? idsIn(reply.lines) : [];
  const short = ids.length === 0 ? undefined : await cli.opened?.query.shortIds(ids);
  const text = reply.lines.map((line) => printLine(line, cli.colored, short)).join('\n');
  if (reply.lines.length > 0) stdout.write(`${text}\n`);
}
