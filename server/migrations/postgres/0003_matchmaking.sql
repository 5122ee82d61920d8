-- A ticket is a place in the queue. It is kept while its match is waited for or played, and then names the game.
CREATE TABLE tickets (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    options TEXT NOT NULL,
    joined_at BIGINT NOT NULL,
    -- When the player was last known to be there.
    seen_at BIGINT NOT NULL,
    game_id TEXT
);
CREATE INDEX tickets_waiting ON tickets (joined_at) WHERE game_id IS NULL;
CREATE INDEX tickets_by_game ON tickets (game_id) WHERE game_id IS NOT NULL;

CREATE TABLE matches (
    game_id TEXT PRIMARY KEY,
    -- The game address of the server that hosts it.
    host TEXT NOT NULL,
    options TEXT NOT NULL,
    ranked BIGINT NOT NULL,
    left_id BIGINT NOT NULL,
    right_id BIGINT NOT NULL,
    -- Connect tokens, where a player may be connected to another server on the same database.
    left_token TEXT,
    right_token TEXT,
    -- waiting, playing, finished or cancelled
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    connect_by BIGINT NOT NULL,
    winner_id BIGINT,
    reason TEXT,
    left_score BIGINT,
    right_score BIGINT,
    finished_at BIGINT,
    -- Rules, seed and inputs in base64: enough to play it again.
    replay TEXT
);
CREATE INDEX matches_open ON matches (status, created_at) WHERE status = 'waiting' OR status = 'playing';
CREATE INDEX matches_by_age ON matches (created_at);

-- Millionths of the rating system's units.
CREATE TABLE ratings (
    user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    skill BIGINT NOT NULL,
    uncertainty BIGINT NOT NULL,
    matches BIGINT NOT NULL
);

CREATE TABLE blocks (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    blocked_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, blocked_id)
);
