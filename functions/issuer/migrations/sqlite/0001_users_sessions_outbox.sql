-- Times are whole seconds since 1970-01-01T00:00:00Z. No table holds a token or
-- a password: a session is a counter, a password is an argon2id hash.

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    username      TEXT NOT NULL,
    -- The username in lower case, by which it is looked up and unique.
    username_key  TEXT NOT NULL UNIQUE,
    name          TEXT,
    email         TEXT,
    role          TEXT NOT NULL CHECK (role IN ('ADMIN', 'SUPERVISOR', 'USER')),
    password_hash TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    disabled_at   INTEGER
) STRICT;

CREATE TABLE sessions (
    sid                 TEXT PRIMARY KEY,
    user_id             TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- How often the session has been refreshed. A counter and not a time: two
    -- refreshes within a second must differ.
    generation          INTEGER NOT NULL,
    generation_began_at INTEGER NOT NULL,
    started_at          INTEGER NOT NULL,
    last_used_at        INTEGER NOT NULL,
    idle_expires_at     INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL,
    ended_at            INTEGER,
    end_reason          TEXT
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_absolute_expiry ON sessions (absolute_expires_at);

-- Revocations that the registry has not confirmed yet.
CREATE TABLE outbox (
    id              INTEGER PRIMARY KEY,
    kind            TEXT NOT NULL CHECK (kind IN ('session')),
    value           TEXT NOT NULL,
    -- After this nothing that the entry revokes can be valid.
    expires_at      INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    UNIQUE (kind, value)
) STRICT;

CREATE INDEX outbox_by_next_attempt ON outbox (next_attempt_at);

-- The issuer's own keys: no verifier ever sees one.
CREATE TABLE issuer_keys (
    purpose    TEXT PRIMARY KEY,
    bytes      BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
