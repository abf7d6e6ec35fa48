import type { IncomingHttpHeaders } from 'node:http';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * True where a request comes from this server's own page, an allowed one, or no page at all. A page elsewhere can open a WebSocket
 * to this machine, and a name elsewhere can be made to point to it: so both headers have to fit.
 */
export function isAllowed({ host, origin }: IncomingHttpHeaders, allowed: readonly string[]): boolean {
  if (origin !== undefined && allowed.includes(origin)) return true;
  const hostname = host?.replace(/:\d+$/, '') ?? '';
  const known =
    LOOPBACK.has(hostname) || allowed.some((one) => URL.canParse(one) && new URL(one).host === host);
  return known && (origin === undefined || origin === `http://${host}`);
}
