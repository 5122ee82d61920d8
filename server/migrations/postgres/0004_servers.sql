-- The servers that work on this database: one row each while it runs.
CREATE TABLE servers (
    id TEXT PRIMARY KEY,
    -- Its host and its UDP listener: two that run never share one.
    place TEXT NOT NULL,
    -- Rises while it runs.
    beat BIGINT NOT NULL
);

ALTER TABLE matches ADD COLUMN server_id TEXT NOT NULL DEFAULT '';
