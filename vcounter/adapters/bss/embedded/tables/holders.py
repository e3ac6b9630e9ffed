"""Who holds and who uses a number, cards on their way, closings, appointments at halls."""

TABLES = """
CREATE TABLE IF NOT EXISTS holders (
  sub TEXT PRIMARY KEY REFERENCES subscribers (sub),
  document_name TEXT NOT NULL         -- keyed hash of the holder's document
) STRICT;
CREATE INDEX IF NOT EXISTS holders_document ON holders (document_name);
CREATE TABLE IF NOT EXISTS users (
  sub TEXT PRIMARY KEY REFERENCES subscribers (sub),
  document_name TEXT NOT NULL,        -- of who uses the number that another person holds
  person BLOB NOT NULL,               -- sealed JSON
  since TEXT NOT NULL,
  made_by TEXT NOT NULL               -- a command key
) STRICT;
CREATE INDEX IF NOT EXISTS users_document ON users (document_name);
CREATE TABLE IF NOT EXISTS user_changes (
  made_by TEXT PRIMARY KEY,           -- a command key
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  document_name TEXT NOT NULL,
  person BLOB NOT NULL,               -- sealed JSON
  due_at TEXT NOT NULL,
  ended_at TEXT,
  outcome TEXT                        -- done, refiled, closed
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_user_change ON user_changes (sub) WHERE ended_at IS NULL;
CREATE TABLE IF NOT EXISTS closings (
  made_by TEXT PRIMARY KEY,           -- a command key
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  due_at TEXT NOT NULL,
  refund TEXT NOT NULL,               -- number, bank
  refund_to BLOB NOT NULL,            -- sealed
  ended_at TEXT,
  outcome TEXT                        -- closed, undone
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_closing ON closings (sub) WHERE ended_at IS NULL;
CREATE TABLE IF NOT EXISTS number_contracts (
  sub TEXT PRIMARY KEY REFERENCES subscribers (sub),
  until TEXT NOT NULL                 -- the last day on which the number is bound
) STRICT;
CREATE TABLE IF NOT EXISTS hall_rules (
  name TEXT PRIMARY KEY,
  is_on INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sim_orders (
  made_by TEXT PRIMARY KEY,           -- a command key, or who at the operator
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  card_id TEXT NOT NULL REFERENCES cards (card_id),
  delivery TEXT NOT NULL,             -- post, hall
  address BLOB NOT NULL,              -- sealed: where to, or which hall
  ready_at TEXT NOT NULL,             -- when it can be in the customer's hand
  expires_at TEXT NOT NULL,
  ended_at TEXT,
  outcome TEXT                        -- activated, cancelled, expired
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_sim_order ON sim_orders (sub) WHERE ended_at IS NULL;
CREATE TABLE IF NOT EXISTS sim_swaps (
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  at TEXT NOT NULL,
  made_by TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS sim_swaps_of ON sim_swaps (sub, at);
CREATE TABLE IF NOT EXISTS risk_marks (
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  kind TEXT NOT NULL,                 -- fraud, contact_changed
  since TEXT NOT NULL,
  PRIMARY KEY (sub, kind)
) STRICT;
CREATE TABLE IF NOT EXISTS hall_bookings (
  made_by TEXT PRIMARY KEY,           -- a command key
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  kind TEXT NOT NULL,                 -- ownership_transfer
  hall TEXT NOT NULL,
  day TEXT NOT NULL,
  half TEXT NOT NULL,                 -- am, pm
  other TEXT NOT NULL,                -- keyed hash of the second holder's number
  cancelled_at TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS hall_bookings_at ON hall_bookings (hall, day, half)
  WHERE cancelled_at IS NULL;
"""
