/** Raised with every change of the tables: an index of another number is left to the program that made it. */
export const INDEX_VERSION = 8;

/** Of an id, as SQL over the columns of `items`: what follows the date, the date, and the month and day of it. */
export const SUFFIX = 'substr(id, length(series) + 2)';
export const DATE = 'substr(series, -8)';
export const MONTH_DAY = 'substr(series, -4)';

/**
 * `items` has one row for each item's file. Files of finished work are known by path at first: `oid` names what is still to
 * be read, and is empty once it was. `waits` counts what keeps an open item from being taken: dependencies that are not
 * completed, open children, and a parent that failed or was cancelled. `edges` lead from what an open item needs, waits for, is a part of or was
 * discovered from, and from the source of any item, to it. `keys` has the idempotency keys that were used, by the transition that took each.
 */
export const TABLES = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE items (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  status TEXT NOT NULL,
  series TEXT NOT NULL,
  number INTEGER,
  type TEXT, rank INTEGER, owner TEXT, created_by TEXT, swarm TEXT, job TEXT, parent TEXT,
  imported_id TEXT, not_before TEXT, created_at TEXT, updated_at TEXT,
  waits INTEGER NOT NULL DEFAULT 0,
  oid TEXT,
  problem TEXT,
  item TEXT
);
CREATE TABLE edges (
  kind TEXT NOT NULL, target TEXT NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (kind, target, id)
) WITHOUT ROWID;
CREATE TABLE strays (path TEXT PRIMARY KEY, problem TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE transitions (
  seq INTEGER PRIMARY KEY,
  oid TEXT NOT NULL, item TEXT, verb TEXT NOT NULL, entry TEXT NOT NULL
);
CREATE TABLE keys (
  key TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, op TEXT NOT NULL, digest TEXT NOT NULL,
  PRIMARY KEY (key, seq)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (
  body, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2'
);
`;

/** Made after a load, which is faster than keeping them while it lasts. */
export const ITEM_INDEXES = {
  items_open: "items (rank, created_at, id, status) WHERE state = 'active'",
  items_ready: "items (rank, created_at, id, owner, not_before, type) WHERE status = 'pending' AND waits = 0",
  items_owned: "items (owner, swarm) WHERE state = 'active' AND owner IS NOT NULL",
  items_status: 'items (status, rank, created_at, id)',
  items_series: 'items (series, number)',
  items_number: `items (number, ${MONTH_DAY}, series, state) WHERE number IS NOT NULL`,
  items_random: `items (${SUFFIX}, state) WHERE number IS NULL`,
  items_parent: 'items (parent) WHERE parent IS NOT NULL',
  items_swarm: 'items (swarm) WHERE swarm IS NOT NULL',
  items_imported: 'items (imported_id, state) WHERE imported_id IS NOT NULL',
  items_unread: 'items (state) WHERE oid IS NOT NULL',
  items_damaged: 'items (state) WHERE problem IS NOT NULL',
  edges_from: 'edges (id)',
} as const;

export const LOG_INDEXES = `
CREATE INDEX transitions_item ON transitions (item) WHERE item IS NOT NULL;
CREATE INDEX transitions_oid ON transitions (oid);
CREATE INDEX transitions_deleted ON transitions (item) WHERE verb = 'delete';
`;
