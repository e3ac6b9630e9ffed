"""Changes of a number's contact or address, with what was there before."""

TABLES = """
CREATE TABLE IF NOT EXISTS contact_changes (
  made_by TEXT PRIMARY KEY,
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  was BLOB NOT NULL,                  -- sealed JSON: contact, address
  becomes BLOB NOT NULL,              -- sealed JSON of the same
  effective_at TEXT NOT NULL,
  undo_until TEXT NOT NULL,
  state TEXT NOT NULL                 -- waiting, done, undone
) STRICT;
CREATE INDEX IF NOT EXISTS contact_changes_due ON contact_changes (effective_at)
  WHERE state = 'waiting';
"""
