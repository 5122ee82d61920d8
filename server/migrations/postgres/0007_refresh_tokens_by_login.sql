-- A socket ends with its login, whose newest refresh token is looked up; and deleting a login looks for its tokens.
CREATE INDEX refresh_tokens_by_login ON refresh_tokens (login_id, expires_at);
