"""Numbers, their stops, cards and portraits, and the commands. `sub` is a number's keyed hash."""

SCHEMA_VERSION = 3

TABLES = """
CREATE TABLE IF NOT EXISTS subscribers (
  sub TEXT PRIMARY KEY,
  person BLOB NOT NULL,               -- sealed JSON, see record.Person
  version INTEGER NOT NULL,
  test INTEGER NOT NULL,
  password_hash TEXT NOT NULL,        -- argon2id of the peppered password, or empty
  password_tries INTEGER NOT NULL DEFAULT 0,
  password_tries_since TEXT,
  password_set_at TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS stops (
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  reason TEXT NOT NULL,
  since TEXT NOT NULL,                -- when it was ordered
  starts_at TEXT NOT NULL,            -- when it bites; later than since for a booked one
  ordered_by TEXT NOT NULL,           -- a command key, or who at the operator
  scope TEXT NOT NULL DEFAULT 'both', -- in, out, both
  card_id TEXT,                       -- the card that was lost
  PRIMARY KEY (sub, reason)
) STRICT;
CREATE TABLE IF NOT EXISTS cards (
  card_id TEXT PRIMARY KEY,
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  iccid BLOB NOT NULL,
  iccid_tail TEXT NOT NULL,
  imsi_tail TEXT NOT NULL,
  pin BLOB NOT NULL,
  puk BLOB NOT NULL,
  puk_tries_left INTEGER NOT NULL,
  status TEXT NOT NULL                -- in_use, void
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_card_in_use ON cards (sub) WHERE status = 'in_use';
CREATE TABLE IF NOT EXISTS portraits (
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  no INTEGER NOT NULL,
  jpeg BLOB NOT NULL,
  taken_on TEXT NOT NULL,
  PRIMARY KEY (sub, no)
) STRICT;
CREATE TABLE IF NOT EXISTS enrolments (
  key TEXT PRIMARY KEY,               -- the counter's idempotency key
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  no INTEGER NOT NULL,                -- of the portrait
  fingerprint TEXT NOT NULL,          -- keyed hash of what was sent
  ordered_by TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS facts (
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  code TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (sub, code)
) STRICT;
CREATE TABLE IF NOT EXISTS open_orders (
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  kind TEXT NOT NULL,
  since TEXT NOT NULL,
  PRIMARY KEY (sub, kind)
) STRICT;
CREATE TABLE IF NOT EXISTS commands (
  key TEXT PRIMARY KEY,
  sub TEXT NOT NULL,
  action_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,          -- hash of what was asked, without the secret
  done INTEGER NOT NULL,
  reason TEXT NOT NULL,
  version INTEGER NOT NULL,
  result TEXT NOT NULL,               -- JSON; nothing secret, no disclosure
  at TEXT NOT NULL,
  card_id TEXT,
  reveals INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS commands_of ON commands (sub, at);
CREATE TABLE IF NOT EXISTS reminders (
  id INTEGER PRIMARY KEY,
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  due_at TEXT NOT NULL,
  recipient BLOB NOT NULL,            -- sealed: a number, or empty when only a call will do
  sent_at TEXT,
  cancelled_at TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS reminders_due ON reminders (due_at)
  WHERE sent_at IS NULL AND cancelled_at IS NULL;
CREATE TABLE IF NOT EXISTS pages (
  key TEXT PRIMARY KEY,               -- the command that waits for the customer on this page
  token TEXT NOT NULL UNIQUE,         -- keyed hash of what stands in the page's address
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  action_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  inputs BLOB NOT NULL,               -- sealed JSON, bound to the key
  "values" TEXT NOT NULL,             -- JSON; what `apply` answered
  opened_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS notices (
  id TEXT PRIMARY KEY,                -- also the key of the message
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  template TEXT NOT NULL,
  due_at TEXT NOT NULL,
  recipient BLOB NOT NULL,            -- sealed
  text BLOB NOT NULL,                 -- sealed
  sent_at TEXT,
  cancelled_at TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS notices_due ON notices (due_at)
  WHERE sent_at IS NULL AND cancelled_at IS NULL;
"""
