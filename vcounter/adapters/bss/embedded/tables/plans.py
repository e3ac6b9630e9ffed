"""Plans and what hangs on them: changes, allowances, add-ons, roaming, features, guard, records.

The catalogues are the operator's own and come with the tables.
"""

TABLES = """
CREATE TABLE IF NOT EXISTS plans (
  code TEXT PRIMARY KEY,
  zh TEXT NOT NULL UNIQUE,            -- also what a holder's record names
  en TEXT NOT NULL,
  fee_fen INTEGER NOT NULL,           -- a month
  data_mb INTEGER NOT NULL,
  minutes INTEGER NOT NULL,
  texts INTEGER NOT NULL,
  contract_months INTEGER NOT NULL,
  who TEXT NOT NULL,                  -- all, elder (60 and older), second (second cards)
  guarded INTEGER NOT NULL,           -- whether the nuisance call guard works on it
  forwards INTEGER NOT NULL           -- whether calls can be forwarded
) STRICT;
INSERT INTO plans VALUES
  ('basic8', '安心卡8元', 'Basic card, 8 yuan', 800, 200, 30, 20, 0, 'all', 0, 0),
  ('second9', '副卡9元', 'Second card, 9 yuan', 900, 2000, 50, 20, 0, 'second', 1, 0),
  ('care19', '孝心卡19元', 'Care card, 19 yuan', 1900, 5000, 200, 50, 0, 'elder', 1, 1),
  ('easy39', '畅享39元', 'Easy plan, 39 yuan', 3900, 10000, 300, 50, 0, 'all', 1, 1),
  ('easy59', '畅享59元', 'Easy plan, 59 yuan', 5900, 20000, 500, 100, 0, 'all', 1, 1),
  ('easy99', '畅享99元', 'Easy plan, 99 yuan', 9900, 40000, 1000, 100, 0, 'all', 1, 1),
  ('easy129', '畅享129元', 'Easy plan, 129 yuan', 12900, 80000, 1500, 200, 12, 'all', 1, 1)
  ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS number_plans (
  sub TEXT PRIMARY KEY REFERENCES subscribers (sub),
  code TEXT NOT NULL REFERENCES plans (code),
  since TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS plan_changes (
  made_by TEXT PRIMARY KEY,           -- a command key
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  code TEXT NOT NULL REFERENCES plans (code),
  ordered_at TEXT NOT NULL,
  effective_at TEXT NOT NULL,
  state TEXT NOT NULL                 -- pending, done, withdrawn
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_pending_change ON plan_changes (sub)
  WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS allowances (
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  cycle TEXT NOT NULL,                -- 2026-11
  kind TEXT NOT NULL,                 -- data (MB), voice (minutes), texts
  included INTEGER NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (sub, cycle, kind)
) STRICT;
CREATE TABLE IF NOT EXISTS services (
  code TEXT PRIMARY KEY,
  fee_fen INTEGER NOT NULL,           -- a month
  ends TEXT NOT NULL                  -- when cancelled: now, month_end
) STRICT;
INSERT INTO services VALUES
  ('ring_tone', 500, 'month_end'),
  ('news', 300, 'now'),
  ('weather', 200, 'now'),
  ('video_pack', 1500, 'month_end'),
  ('missed_calls', 300, 'now'),
  ('cloud_disk', 600, 'month_end')
  ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS add_ons (
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  code TEXT NOT NULL REFERENCES services (code),
  since TEXT NOT NULL,
  state TEXT NOT NULL,                -- on, ending, ended
  ends_at TEXT,
  cancelled_by TEXT,                  -- a command key
  PRIMARY KEY (sub, code)
) STRICT;
CREATE TABLE IF NOT EXISTS roaming_zones (
  code TEXT PRIMARY KEY,
  day_fen INTEGER NOT NULL            -- a day on which it is used
) STRICT;
INSERT INTO roaming_zones VALUES
  ('hk_mo_tw', 2500), ('asia', 2900), ('europe', 3900), ('america', 3900), ('elsewhere', 4900)
  ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS roaming (
  made_by TEXT PRIMARY KEY,           -- a command key
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  zone TEXT NOT NULL REFERENCES roaming_zones (code),
  from_at TEXT NOT NULL,
  until_at TEXT NOT NULL,
  state TEXT NOT NULL,                -- booked, on, over
  ended_by TEXT                       -- a command key, or the clock
) STRICT;
CREATE INDEX IF NOT EXISTS roaming_of ON roaming (sub, state);
CREATE TABLE IF NOT EXISTS features (
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  code TEXT NOT NULL,                 -- caller_id, call_forward, mobile_data, long_distance
  is_on INTEGER NOT NULL,
  target BLOB,                        -- sealed: the number that calls are forwarded to
  made_by TEXT NOT NULL,
  PRIMARY KEY (sub, code)
) STRICT;
CREATE TABLE IF NOT EXISTS feature_changes (
  made_by TEXT PRIMARY KEY,
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  code TEXT NOT NULL,
  was_on INTEGER NOT NULL,
  was_target BLOB,                    -- sealed
  at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS guards (
  sub TEXT PRIMARY KEY REFERENCES subscribers (sub),
  level TEXT NOT NULL,                -- off, low, high
  contact BLOB,                       -- sealed
  contact_state TEXT NOT NULL,        -- none, asked, agreed, lapsed
  made_by TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS guard_changes (
  made_by TEXT PRIMARY KEY,
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  was_level TEXT NOT NULL,
  was_contact BLOB,                   -- sealed
  was_contact_state TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS guard_consents (
  made_by TEXT PRIMARY KEY,
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  contact TEXT NOT NULL,              -- keyed hash
  code TEXT NOT NULL,                 -- keyed hash of what the contact replies with
  asked_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  answered_at TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS usage_records (
  id INTEGER PRIMARY KEY,
  sub TEXT NOT NULL REFERENCES subscribers (sub),
  day TEXT NOT NULL,                  -- in the operator's zone
  detail BLOB NOT NULL                -- sealed JSON, see usage.Usage
) STRICT;
CREATE INDEX IF NOT EXISTS usage_records_of ON usage_records (sub, day);
CREATE INDEX IF NOT EXISTS usage_records_old ON usage_records (day);
"""
