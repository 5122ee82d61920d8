-- One row a pair, whoever asked: the smaller id stands first.
CREATE TABLE friendships (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    low_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    high_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    requester_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- While it is only asked for, null.
    accepted_at INTEGER,
    UNIQUE (low_id, high_id)
);
CREATE INDEX friendships_by_high ON friendships (high_id);
CREATE INDEX friendships_asked ON friendships (requester_id) WHERE accepted_at IS NULL;
CREATE INDEX blocks_by_blocked ON blocks (blocked_id);

-- Of the kind map: which, and between which friends.
ALTER TABLE invites ADD COLUMN map TEXT;
ALTER TABLE invites ADD COLUMN friendship_id INTEGER;
-- The dialects that it was handed over by, one bit each.
ALTER TABLE invites ADD COLUMN delivered_via INTEGER NOT NULL DEFAULT 0;
