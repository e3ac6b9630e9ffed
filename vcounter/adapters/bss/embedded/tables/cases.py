"""What a ticket promises beyond itself: who owns it, when the customer is called back and asked."""

TABLES = """
CREATE TABLE IF NOT EXISTS cases (
  no TEXT PRIMARY KEY REFERENCES tickets (no),
  owner TEXT NOT NULL,                -- a team
  line_id TEXT,                       -- of a fault or a move
  work_order TEXT,                    -- of a fitter's visit
  call_back_due TEXT NOT NULL,
  survey_due TEXT,
  made_by TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX IF NOT EXISTS cases_of_line ON cases (line_id);
CREATE TABLE IF NOT EXISTS guidances (
  made_by TEXT PRIMARY KEY,
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  device TEXT NOT NULL,
  symptom TEXT NOT NULL,
  outcome TEXT NOT NULL,              -- shown, solved, unsolved
  at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS guidances_of ON guidances (sub, at);
"""
