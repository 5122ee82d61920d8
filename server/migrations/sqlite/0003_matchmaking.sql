-- A ticket is a place in the queue. It is kept while its match is waited for or played, and then names the game.
CREATE TABLE tickets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    options TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    -- When the player was last known to be there.
    seen_at INTEGER NOT NULL,
    game_id TEXT
);
CREATE INDEX tickets_waiting ON tickets (joined_at) WHERE game_id IS NULL;
CREATE INDEX tickets_by_game ON tickets (game_id) WHERE game_id IS NOT NULL;

CREATE TABLE matches (
    game_id TEXT PRIMARY KEY,
    -- The game address of the server that hosts it.
    host TEXT NOT NULL,
    options TEXT NOT NULL,
    ranked INTEGER NOT NULL,
    left_id INTEGER NOT NULL,
    right_id INTEGER NOT NULL,
    -- Connect tokens, where a player may be connected to another server on the same database.
    left_token TEXT,
    right_token TEXT,
    -- waiting, playing, finished or cancelled
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    connect_by INTEGER NOT NULL,
    winner_id INTEGER,
    reason TEXT,
    left_score INTEGER,
    right_score INTEGER,
    finished_at INTEGER,
    -- Rules, seed and inputs in base64: enough to play it again.
    replay TEXT
) WITHOUT ROWID;
CREATE INDEX matches_open ON matches (status, created_at) WHERE status = 'waiting' OR status = 'playing';
CREATE INDEX matches_by_age ON matches (created_at);

-- Millionths of the rating system's units.
CREATE TABLE ratings (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    skill INTEGER NOT NULL,
    uncertainty INTEGER NOT NULL,
    matches INTEGER NOT NULL
);

CREATE TABLE blocks (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    blocked_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, blocked_id)
) WITHOUT ROWID;
