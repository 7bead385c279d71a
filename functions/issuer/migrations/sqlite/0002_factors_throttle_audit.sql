-- The outbox learns the other things that can be revoked. SQLite cannot change
-- a check, so the table is made anew.
CREATE TABLE outbox_of_all_kinds (
    id              INTEGER PRIMARY KEY,
    kind            TEXT NOT NULL CHECK (kind IN ('session', 'token', 'subject', 'credential')),
    -- Session id, token id, user id or key of a credential.
    value           TEXT NOT NULL,
    -- What was issued before is revoked; of subjects and credentials only.
    not_before      INTEGER,
    -- After this nothing that the entry revokes can be valid.
    expires_at      INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    -- When it was due for the first time: how long verifiers have not known.
    due_since       INTEGER NOT NULL,
    UNIQUE (kind, value)
) STRICT;
INSERT INTO outbox_of_all_kinds (id, kind, value, expires_at, attempts, next_attempt_at, due_since)
    SELECT id, kind, value, expires_at, attempts, next_attempt_at, next_attempt_at FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_of_all_kinds RENAME TO outbox;
CREATE INDEX outbox_by_next_attempt ON outbox (next_attempt_at);

-- Where a session is used from, for its owner to recognise it.
ALTER TABLE sessions ADD COLUMN address TEXT;
ALTER TABLE sessions ADD COLUMN user_agent TEXT;
-- When its user last showed a second factor that is still there.
ALTER TABLE sessions ADD COLUMN factor_at INTEGER;

ALTER TABLE users ADD COLUMN password_changed_at INTEGER;

-- How full the bucket of failed logins is, for an address, an account, or both.
-- The key is a keyed hash: nothing that was typed is stored. Compared by bytes:
-- the keys of one account's addresses begin with the account's.
CREATE TABLE login_throttle (
    bucket   TEXT NOT NULL,
    key      TEXT NOT NULL,
    -- When it will be empty, in milliseconds.
    empty_at INTEGER NOT NULL,
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX login_throttle_by_empty_at ON login_throttle (bucket, empty_at);

-- Addresses from which a user has logged in, as keyed hashes.
CREATE TABLE familiar_addresses (
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address_key  TEXT NOT NULL,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, address_key)
) STRICT, WITHOUT ROWID;

-- Time-based one-time passwords (RFC 6238).
CREATE TABLE totp_factors (
    user_id      TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret       BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    -- Until then the factor is not asked for.
    confirmed_at INTEGER,
    -- The time step of the last code that was accepted: none works twice.
    last_step    INTEGER NOT NULL,
    -- When all tries are there again: each takes it five minutes further away.
    tries_over_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Codes that work once in place of a one-time password, as hashes.
CREATE TABLE recovery_codes (
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    used_at   INTEGER,
    PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

-- Tokens with which users set a password of their own, as hashes.
CREATE TABLE password_resets (
    token_hash TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX password_resets_by_user ON password_resets (user_id);

-- Programs that may ask about tokens and revoke them.
CREATE TABLE clients (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who did what, when and from where.
CREATE TABLE audit_events (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    action      TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    -- Who did it: 'user', 'client', 'command_line', 'issuer' or 'nobody', and which.
    actor       TEXT NOT NULL,
    actor_id    TEXT,
    -- Whom or what it was done to.
    subject     TEXT,
    sid         TEXT,
    reason      TEXT,
    address     TEXT,
    request_id  TEXT
) STRICT;
CREATE INDEX audit_events_by_time ON audit_events (at);
CREATE INDEX audit_events_by_subject ON audit_events (subject, at);
