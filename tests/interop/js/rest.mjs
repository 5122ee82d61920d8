// Sign-in and everything else that is asked by REST, with nothing but `fetch`.
export const URL = process.env.RALLYPOINT_TEST_URL;
if (!URL) throw new Error('RALLYPOINT_TEST_URL names no server');

/** Calls the REST interface and returns {status, body}. */
export async function rest(method, path, { token, body } = {}) {
  const headers = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(URL + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : null };
}

/** A new guest: {id, name, token}. */
export async function guest(displayName) {
  const { status, body } = await rest('POST', '/auth/guest', { body: { display_name: displayName } });
  if (status !== 200 && status !== 201) throw new Error(`guest sign-in: ${status} ${JSON.stringify(body)}`);
  return { id: body.user.id, name: `${body.user.display_name}#${body.user.tag}`, token: body.access_token };
}

/** A session of this player's: its code. */
export async function session(player, options = {}) {
  const { status, body } = await rest('POST', '/sessions', { token: player.token, body: options });
  if (status !== 201) throw new Error(`session: ${status} ${JSON.stringify(body)}`);
  return body.session_code;
}
