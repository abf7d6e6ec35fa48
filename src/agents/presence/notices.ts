/** Something that whoever runs the program should know, once. */
export interface PresenceNotice {
  code: 'PRESENCE_REFUSED' | 'PRESENCE_TAKEN';
  message: string;
  hint: string;
}

export const nameTaken = (name: string): PresenceNotice => ({
  code: 'PRESENCE_TAKEN',
  message: `Another process writes the presence ${name}.`,
  hint: 'Nothing of it was overwritten; this process goes on under another name.',
});

export const hostRefuses = (reason: string): PresenceNotice => ({
  code: 'PRESENCE_REFUSED',
  message: `The remote takes no presence: ${reason}.`,
  hint: 'Checkpoints are the signs of life instead. A place that it takes is set with: git config ledger.presence refs/heads/NAME; or none',
});
