"""Lines at home, the addresses that have cable, and the visits of the operator's fitters."""

TABLES = """
CREATE TABLE IF NOT EXISTS addresses (
  address_id TEXT PRIMARY KEY,
  district TEXT NOT NULL,
  zh TEXT NOT NULL,                   -- a building, not a person's: the public register
  en TEXT NOT NULL,
  fibre INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS lines (
  line_id TEXT PRIMARY KEY,           -- keyed hash of the account
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  kind TEXT NOT NULL,                 -- broadband, iptv
  account BLOB NOT NULL,              -- sealed
  account_tail TEXT NOT NULL,
  address BLOB NOT NULL,              -- sealed address_id
  device_tail TEXT NOT NULL,          -- of the optical modem's or the set-top box's serial number
  port TEXT NOT NULL,                 -- up, hung (a reset helps), down (a fitter must come)
  product TEXT NOT NULL,              -- active, ended
  last_reset_at TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS lines_of ON lines (sub, kind);
CREATE TABLE IF NOT EXISTS slots (
  district TEXT NOT NULL,
  day TEXT NOT NULL,
  half TEXT NOT NULL,                 -- morning, afternoon
  capacity INTEGER NOT NULL,          -- where it is not the usual one
  PRIMARY KEY (district, day, half)
) STRICT;
CREATE TABLE IF NOT EXISTS bookings (
  made_by TEXT PRIMARY KEY,           -- the command's key
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  case_no TEXT NOT NULL,
  district TEXT NOT NULL,
  day TEXT NOT NULL,
  half TEXT NOT NULL,
  state TEXT NOT NULL                 -- booked, cancelled
) STRICT;
CREATE INDEX IF NOT EXISTS bookings_on ON bookings (district, day, half) WHERE state = 'booked';
CREATE INDEX IF NOT EXISTS bookings_for ON bookings (case_no);
CREATE TABLE IF NOT EXISTS moves (
  case_no TEXT PRIMARY KEY,
  line_id TEXT NOT NULL REFERENCES lines (line_id),
  to_address BLOB NOT NULL,           -- sealed address_id
  day TEXT NOT NULL,                  -- of the fitter's visit
  state TEXT NOT NULL,                -- open, moved, cancelled
  made_by TEXT NOT NULL
) STRICT;
"""
