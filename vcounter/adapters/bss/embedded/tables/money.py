"""Accounts and their ledger, bills, payments, disputes, direct debits, emergency grants.

Money is in fen (CNY 0.01). Every change of a balance is one ledger row that takes from one account
what it gives to another, so all balances together are always nothing.
"""

TABLES = """
CREATE TABLE IF NOT EXISTS accounts (
  account TEXT PRIMARY KEY,           -- a subscriber's keyed hash, or one of the house's own names
  sub TEXT REFERENCES subscribers (sub),  -- empty for the house's own
  balance_fen INTEGER NOT NULL DEFAULT 0, -- below nothing: owed
  credit_class TEXT NOT NULL DEFAULT '',  -- A to D; D is trusted with nothing
  cycle_day INTEGER NOT NULL DEFAULT 0,   -- of the month, when last month's bill is issued
  paid_by_other INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS ledger (
  no INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,                 -- bill, payment, debit, usage
  source TEXT NOT NULL REFERENCES accounts (account),
  target TEXT NOT NULL REFERENCES accounts (account),
  amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
  made_by TEXT NOT NULL               -- a command key, or who at the operator
) STRICT;
CREATE INDEX IF NOT EXISTS ledger_source ON ledger (source, at);
CREATE INDEX IF NOT EXISTS ledger_target ON ledger (target, at);
CREATE TABLE IF NOT EXISTS bills (
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  month TEXT NOT NULL,                -- 2026-10
  issued_at TEXT NOT NULL,
  total_fen INTEGER NOT NULL,
  PRIMARY KEY (sub, month)
) STRICT;
CREATE TABLE IF NOT EXISTS bill_lines (
  sub TEXT NOT NULL,
  month TEXT NOT NULL,
  no INTEGER NOT NULL,
  kind TEXT NOT NULL,                 -- see bills.py
  amount_fen INTEGER NOT NULL,        -- below nothing: a discount
  PRIMARY KEY (sub, month, no),
  FOREIGN KEY (sub, month) REFERENCES bills (sub, month)
) STRICT;
CREATE TABLE IF NOT EXISTS payments (
  made_by TEXT PRIMARY KEY,           -- the command's key
  payer TEXT NOT NULL REFERENCES subscribers (sub),
  payee TEXT NOT NULL REFERENCES subscribers (sub),
  amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
  at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS disputes (
  made_by TEXT PRIMARY KEY,           -- the command's key
  ticket_no TEXT NOT NULL UNIQUE,
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  month TEXT NOT NULL,
  item INTEGER NOT NULL,
  amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
  opened_at TEXT NOT NULL,
  withdrawn_at TEXT
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_open_dispute ON disputes (sub, month, item)
  WHERE withdrawn_at IS NULL;
CREATE TABLE IF NOT EXISTS direct_debits (
  made_by TEXT PRIMARY KEY,           -- the key of the command that set it up
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  bank TEXT NOT NULL,                 -- see direct_debits.py
  card_tail BLOB NOT NULL,            -- sealed: the last four digits
  token BLOB NOT NULL,                -- sealed: what the bank takes instead of the card's number
  agreed_at TEXT NOT NULL,
  ended_at TEXT,
  ended_by TEXT                       -- the key of the command that ended it
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_direct_debit ON direct_debits (sub) WHERE ended_at IS NULL;
CREATE TABLE IF NOT EXISTS grants (
  made_by TEXT PRIMARY KEY,           -- the command's key
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  period TEXT NOT NULL,               -- the calendar month: 2026-11
  granted_at TEXT NOT NULL,
  ends_at TEXT NOT NULL,
  cap_fen INTEGER NOT NULL,
  spent_fen INTEGER NOT NULL DEFAULT 0,
  ended_at TEXT,                      -- when it was over: time, cap, or the debt was paid
  UNIQUE (sub, period)
) STRICT;
CREATE TABLE IF NOT EXISTS closed_pages (
  token TEXT PRIMARY KEY,             -- keyed hash of what stood in the page's address
  reason TEXT NOT NULL,               -- empty when the customer finished there
  at TEXT NOT NULL
) STRICT;
"""
