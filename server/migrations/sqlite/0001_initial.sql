-- Times are milliseconds since the Unix epoch, booleans 0 or 1. The twin for Postgres has the same version.

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    tag TEXT NOT NULL,
    email TEXT,
    image_url TEXT,
    password_hash TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (display_name, tag)
);

CREATE TABLE logins (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
);
CREATE INDEX logins_by_revocation ON logins (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE refresh_tokens (
    token_hash TEXT PRIMARY KEY,
    login_id INTEGER NOT NULL REFERENCES logins (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) WITHOUT ROWID;

CREATE TABLE sessions (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    host_id INTEGER NOT NULL REFERENCES users (id),
    server_ip TEXT,
    server_port INTEGER,
    max_players INTEGER NOT NULL,
    seats_taken INTEGER NOT NULL,
    open INTEGER NOT NULL,
    options TEXT NOT NULL,
    game_id TEXT,
    created_at INTEGER NOT NULL,
    closed_at INTEGER
) WITHOUT ROWID;

CREATE INDEX sessions_open_by_host ON sessions (host_id) WHERE closed_at IS NULL;
CREATE INDEX sessions_open_by_game ON sessions (game_id) WHERE closed_at IS NULL;

CREATE TABLE session_members (
    session_code TEXT NOT NULL REFERENCES sessions (code) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users (id),
    seat INTEGER NOT NULL,
    PRIMARY KEY (session_code, user_id)
) WITHOUT ROWID;

CREATE TABLE invites (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    sender_id INTEGER NOT NULL,
    receiver_id INTEGER NOT NULL,
    session_code TEXT,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    delivered_at INTEGER,
    seen_at INTEGER,
    responded_at INTEGER
);
CREATE UNIQUE INDEX invites_one_pending ON invites (sender_id, receiver_id, kind) WHERE status = 'pending';
CREATE INDEX invites_inbox ON invites (receiver_id) WHERE status = 'pending';
CREATE INDEX invites_by_session ON invites (session_code, receiver_id) WHERE session_code IS NOT NULL;
CREATE INDEX invites_sent ON invites (sender_id, created_at);
