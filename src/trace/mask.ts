const HIDDEN = '***';

/** Settings whose values the program chooses itself. Any other may hold a header, a helper or an address with a password. */
const OWN_SETTINGS =
  /^(?:core\.hookspath|core\.fsync|gc\.auto|maintenance\.auto|fastimport\.unpacklimit|i18n\.commitencoding|remote\..*\.mirror)$/is;

/** What a process of git is called with, without anything that may be a secret. */
export function maskArgs(args: readonly string[]): string[] {
  return args.map((arg, at) => (args[at - 1] === '-c' ? maskSetting(arg) : maskUrls(arg)));
}

function maskSetting(setting: string): string {
  const end = setting.indexOf('=');
  const key = end < 0 ? setting : setting.slice(0, end);
  if (end < 0 || OWN_SETTINGS.test(key)) return maskUrls(setting);
  return `${maskUrls(key)}=${HIDDEN}`;
}

/** The text with `***` for who and what stands before the host of each address, and for its query. */
export function maskUrls(text: string): string {
  const [before = '', ...after] = text.split('://');
  return [before, ...after.map(maskAfterScheme)].join('://');
}

const END_OF_URL = /[\s'"<>]/;

/** A password may have a slash in it that nobody encoded: where there is a colon, all up to the last `@` is taken for secret. */
function maskAfterScheme(text: string): string {
  const end = text.search(END_OF_URL);
  const url = end < 0 ? text : text.slice(0, end);
  const at = url.lastIndexOf('@');
  const user = url.slice(0, Math.max(at, 0));
  const rest = at >= 0 && (user.includes(':') || !user.includes('/')) ? `${HIDDEN}${url.slice(at)}` : url;
  const query = rest.indexOf('?');
  return `${query < 0 ? rest : `${rest.slice(0, query)}?${HIDDEN}`}${text.slice(url.length)}`;
}
