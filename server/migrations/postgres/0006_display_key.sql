-- Names are searched without case, also those that the database itself cannot fold: the server folds new ones.

ALTER TABLE users ADD COLUMN display_key TEXT NOT NULL DEFAULT '';
UPDATE users SET display_key = LOWER(display_name);
