// work-ledger: wl setup writes this file
// Tells OpenCode's agent where it stands in the ledger, and keeps what is known of its work: each event goes to `wl hook opencode`.
import { spawn } from 'node:child_process';

const TIMEOUT_MS = 10_000;

/** What `wl` answers to an event; nothing where it is not installed, or there is no ledger. */
function tell(event, cwd, session_id, more = {}) {
  return new Promise((resolve) => {
    const child = spawn('wl', ['hook', 'opencode', event], { cwd, timeout: TIMEOUT_MS });
    let said = '';
    child.stdout.on('data', (part) => {
      said += part;
    });
    child.on('error', () => resolve({}));
    child.stdin.on('error', () => resolve({}));
    child.on('close', () => {
      try {
        resolve(JSON.parse(said || '{}'));
      } catch {
        resolve({});
      }
    });
    child.stdin.end(JSON.stringify({ cwd, session_id, ...more }));
  });
}

export const WorkLedger = async ({ client, directory }) => {
  /** By session, what its agent was told, once for each conversation. */
  const told = new Map();
  const begin = (session) => {
    if (!told.has(session)) told.set(session, tell('begin', directory, session));
    return told.get(session);
  };
  return {
    'experimental.chat.system.transform': async ({ sessionID }, output) => {
      const { context } = sessionID === undefined ? {} : await begin(sessionID);
      if (context !== undefined) output.system.push(context);
    },
    'shell.env': async ({ sessionID }, output) => {
      const { execution_id } = sessionID === undefined ? {} : await begin(sessionID);
      if (execution_id !== undefined) output.env.WL_EXECUTION_ID = execution_id;
    },
    'experimental.session.compacting': async ({ sessionID }) => {
      await tell('compact', directory, sessionID);
      told.delete(sessionID);
    },
    event: async ({ event: { type, properties } }) => {
      if (type === 'todo.updated')
        await tell('todos', directory, properties.sessionID, { todos: properties.todos });
      if (type === 'session.deleted') await tell('end', directory, properties.info.id);
      if (type === 'session.idle') {
        const { ask } = await tell('idle', directory, properties.sessionID);
        const parts = [{ type: 'text', text: ask }];
        if (ask !== undefined) await client.session.prompt({ path: { id: properties.sessionID }, body: { parts } });
      }
    },
  };
};
