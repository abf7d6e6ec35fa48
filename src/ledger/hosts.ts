/** Hosts whose files this program knows to lay. */
export const HOSTS = ['github', 'gitlab', 'gitea'] as const;
export type Host = (typeof HOSTS)[number];
