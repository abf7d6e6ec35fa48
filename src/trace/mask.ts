const HIDDEN = '***';

/**
 * Settings of single calls whose values the program chooses itself. Any other may hold a header, a helper or an address with a
 * password.
 */
const OWN_SETTINGS = /^(?:fastimport\.unpacklimit|i18n\.commitencoding|remote\..*\.mirror)$/is;

/**
 * What a process of git is called with, without anything that may be a secret.
 *
 * @param shown settings that the program gives to every call
 */
export function maskArgs(args: readonly string[], shown: readonly string[]): string[] {
  return args.map((arg, at) => {
    if (args[at - 1] !== '-c') return maskUrls(arg);
    return shown.includes(arg) ? arg : maskSetting(arg);
  });
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

/** An address, or a text that quotes one, without the user and password it may carry. */
export function displayUrl(text: string): string {
  return maskUrls(text).replaceAll('://***@', '://');
}
