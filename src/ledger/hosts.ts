/** Hosts whose files this program knows to lay, and whose programs it knows to ask for pull requests. */
export const HOSTS = ['github', 'gitlab', 'gitea'] as const;
export type Host = (typeof HOSTS)[number];
