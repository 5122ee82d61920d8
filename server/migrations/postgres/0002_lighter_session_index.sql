-- An index of all invites by session costs a page of its own for nearly every new invite; who may still enter a session
-- is found among the few that are pending or accepted.
DROP INDEX invites_by_session;
CREATE INDEX invites_by_session ON invites (session_code, receiver_id) WHERE status = 'pending' OR status = 'accepted';
