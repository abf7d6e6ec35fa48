/** A whole name, with git's `.lock` behind it, has to fit into the name of a file. */
const LONGEST_AGENT = 160;
const KEPT = 120;
const PLAIN = /[a-z0-9_-]/;
const NAME = /^(?<agent>(?:[a-z0-9_-]|%[0-9a-f]{2})+)\.(?<session>[0-9a-z]{8})$/;

/** One session of an agent, as the ref that it overwrites is named. */
export interface PresenceName {
  /** The agent's name as a ref has it: what `encodeAgent` gives. */
  agent: string;
  /** Drawn at random by each process, so that two of one name do not meet. */
  session: string;
}

export const presenceName = (agent: string, session: string): string => `${encodeAgent(agent)}.${session}`;

/** @returns `undefined` for a name that this program does not give */
export function readPresenceName(name: string): PresenceName | undefined {
  const { agent = '', session = '' } = NAME.exec(name)?.groups ?? {};
  return agent === '' ? undefined : { agent, session };
}

/**
 * Any actor's name as one part of a ref: small letters, digits, `_` and `-` as they are, every other byte of its UTF-8 as
 * `%2f`. So names differ also where a file system takes capitals for small letters, none is another's folder, and none is
 * special to git. A long one is cut, and a hash of the whole takes the place of the rest.
 */
export function encodeAgent(agent: string): string {
  const encoded = [...Buffer.from(agent)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return PLAIN.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
  if (encoded.length <= LONGEST_AGENT) return encoded;
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256').update(agent).digest('hex');
  return `${encoded.slice(0, KEPT).replace(/%[0-9a-f]?$/, '')}-${hash.slice(0, 32)}`;
}
