/** An address, or a text that quotes one, without the user and password it may carry. */
export function displayUrl(text: string): string {
  return text.replaceAll(/:\/\/[^/@\s]+@/g, '://');
}
