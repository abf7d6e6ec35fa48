import { maskUrls } from '../trace/mask.ts';

/** An address, or a text that quotes one, without the user and password it may carry. */
export function displayUrl(text: string): string {
  return maskUrls(text).replaceAll('://***@', '://');
}
