/** Keys of local state: when the remote last answered; when it was last looked at; a mark that changes with every push. */
export const CONTACT = 'contact';
export const FETCHED = 'fetched';
export const PUBLISHED = 'published';
/** When this clone last met others at the remote, and how long its last push took, in milliseconds. */
export const CONTENDED = 'contended';
export const TURN = 'turn';
