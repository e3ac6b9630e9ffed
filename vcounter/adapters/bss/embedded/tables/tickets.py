"""The operator's cases: faults, complaints, disputes, applications."""

TABLES = """
CREATE TABLE IF NOT EXISTS tickets (
  no TEXT PRIMARY KEY,                -- what the customer is told
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  title BLOB NOT NULL,                -- sealed
  opened_at TEXT NOT NULL,
  due_at TEXT,
  closed_at TEXT,
  detail BLOB NOT NULL,               -- sealed
  made_by TEXT NOT NULL               -- a command key, or who at the operator
) STRICT;
CREATE INDEX IF NOT EXISTS tickets_of ON tickets (sub, opened_at);
"""
