-- The outbox learns the other things that can be revoked.
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('session', 'token', 'subject', 'credential'));
-- What was issued before is revoked; of subjects and credentials only.
ALTER TABLE outbox ADD COLUMN not_before BIGINT;
-- When it was due for the first time: how long verifiers have not known.
ALTER TABLE outbox ADD COLUMN due_since BIGINT;
UPDATE outbox SET due_since = next_attempt_at;
ALTER TABLE outbox ALTER COLUMN due_since SET NOT NULL;

-- Where a session is used from, for its owner to recognise it.
ALTER TABLE sessions ADD COLUMN address TEXT;
ALTER TABLE sessions ADD COLUMN user_agent TEXT;
-- When its user last showed a second factor that is still there.
ALTER TABLE sessions ADD COLUMN factor_at BIGINT;

ALTER TABLE users ADD COLUMN password_changed_at BIGINT;

-- How full the bucket of failed logins is, for an address, an account, or both.
-- The key is a keyed hash: nothing that was typed is stored. Compared by bytes:
-- the keys of one account's addresses begin with the account's.
CREATE TABLE login_throttle (
    bucket   TEXT NOT NULL,
    key      TEXT COLLATE "C" NOT NULL,
    -- When it will be empty, in milliseconds.
    empty_at BIGINT NOT NULL,
    PRIMARY KEY (bucket, key)
);
CREATE INDEX login_throttle_by_empty_at ON login_throttle (bucket, empty_at);

-- Addresses from which a user has logged in, as keyed hashes.
CREATE TABLE familiar_addresses (
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address_key  TEXT NOT NULL,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, address_key)
);

-- Time-based one-time passwords (RFC 6238).
CREATE TABLE totp_factors (
    user_id      TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret       BYTEA NOT NULL,
    created_at   BIGINT NOT NULL,
    -- Until then the factor is not asked for.
    confirmed_at BIGINT,
    -- The time step of the last code that was accepted: none works twice.
    last_step    BIGINT NOT NULL,
    -- When all tries are there again: each takes it five minutes further away.
    tries_over_at BIGINT NOT NULL
);

-- Codes that work once in place of a one-time password, as hashes.
CREATE TABLE recovery_codes (
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    used_at   BIGINT,
    PRIMARY KEY (user_id, code_hash)
);

-- Tokens with which users set a password of their own, as hashes.
CREATE TABLE password_resets (
    token_hash TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX password_resets_by_user ON password_resets (user_id);

-- Programs that may ask about tokens and revoke them.
CREATE TABLE clients (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);

-- Who did what, when and from where.
CREATE TABLE audit_events (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          BIGINT NOT NULL,
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
);
CREATE INDEX audit_events_by_time ON audit_events (at);
CREATE INDEX audit_events_by_subject ON audit_events (subject, at);
