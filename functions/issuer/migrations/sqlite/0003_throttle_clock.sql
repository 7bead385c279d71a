-- When the bucket was counted in last, in milliseconds: later than now, it was so
-- before the clock was set back. What was counted before there was this column was
-- not.
ALTER TABLE login_throttle ADD COLUMN counted_at INTEGER NOT NULL DEFAULT 0;
