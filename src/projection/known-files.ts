/** Where a mend puts files that are none of the ledger's. */
export const QUARANTINE = 'quarantine/';

/** Files that a ledger branch holds beside items and that this program does not read. */
const KNOWN_FILES =
  /^(?:README\.md|\.gitattributes|\.gitlab-ci\.yml|CODEOWNERS|(?:\.github|\.gitea|\.gitlab|policy|templates|quarantine)\/.+)$/;

/** True for a file beside items and settings that may be there. */
export const isKnownFile = (path: string): boolean => KNOWN_FILES.test(path);
