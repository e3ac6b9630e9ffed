"""How a number wants to be served, who helps, and the balance that is watched."""

TABLES = """
CREATE TABLE IF NOT EXISTS care_profiles (
  sub TEXT PRIMARY KEY REFERENCES subscribers (sub),
  wishes BLOB NOT NULL,               -- sealed JSON, see care.Wishes
  watch_fen INTEGER,                  -- tell when the balance is under it; null: not watched
  helper_state TEXT NOT NULL,         -- none, asked, agreed, refused, lapsed
  made_by TEXT NOT NULL,
  alerted_at TEXT                     -- since when the balance is known to be low
) STRICT;
CREATE TABLE IF NOT EXISTS care_changes (
  made_by TEXT PRIMARY KEY,
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  was BLOB,                           -- sealed JSON of the profile before; null: there was none
  at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS care_questions (
  token TEXT PRIMARY KEY,             -- keyed hash of what stands in the helper's link
  made_by TEXT NOT NULL UNIQUE,
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  asked_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  answered_at TEXT
) STRICT;
"""
