// A friend in a web page, with nothing but `fetch` and `ws`, and a player who sits in the game: they befriend and
// challenge each other, and play. Needs the game beside it, playing by `--script friend`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import WebSocket from 'ws';
import { Frontend, invitation } from './frontend.mjs';
import { URL, guest, rest } from './rest.mjs';

const PLAYER = process.env.RALLYPOINT_DEMO_NAME;
if (!PLAYER) throw new Error('RALLYPOINT_DEMO_NAME names nobody who plays');

/** How long the player may take for anything: the game is drawn in software. */
const LIMIT_MS = 60_000;
const MATCH_MS = 120_000;
const LOOK_MS = 200;
/** Ticks for which the ball is played well; then it is let go, so that the match ends. */
const KEEN_TICKS = 12 * 60;

/** Asks until there is an answer; nobody tells a stranger who comes, nor a page without Socket.IO who accepts. */
async function until(what, ask) {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < deadline, `${what}: not within ${LIMIT_MS / 1000} s`);
    await pause(LOOK_MS);
  }
}

/** Plays a game to its end: the last state, and what was seen on the way. */
function play(gameId, me) {
  const socket = new WebSocket(`${URL.replace('http', 'ws')}/ws/game/${gameId}/?token=${me.token}`);
  const say = (message) => socket.send(JSON.stringify(message));
  const seen = { starts: 0, points: 0, moves: 0 };
  let ready = false;
  return new Promise((resolve, reject) => {
    let last;
    const timer = setTimeout(() => reject(new Error(`no end of ${gameId}; last: ${JSON.stringify(last)}`)), MATCH_MS);
    const end = (settle, value) => { clearTimeout(timer); socket.close(); settle(value); };
    socket.onerror = (error) => end(reject, error);
    socket.onclose = ({ code, reason }) => end(reject, new Error(`closed: ${code} ${reason}`));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'game_start') seen.starts += 1;
      if (message.type === 'player_move') seen.moves += 1;
      if (message.type === 'game_action' && message.action === 'point') seen.points += 1;
      if (message.type !== 'game_state') return;
      last = message;
      if (message.state === 'waiting_for_ready' && !ready) {
        ready = true;
        say({ type: 'player_ready' });
      }
      if (message.state === 'active') {
        const { ball, tick } = message;
        say({ type: 'player_move', movement: { y: tick < KEEN_TICKS ? ball.y : Number(ball.y < 0.5) } });
      }
      if (message.state === 'finished') end(resolve, { ...seen, end: message });
    };
  });
}

/** That both have played it, to the last point. */
function check({ end, starts, points, moves }, created, me, player) {
  assert.equal(end.id, created.game_id);
  assert.equal(end.reason, 'score');
  assert.deepEqual(end.players.map(({ id }) => id).sort(), [me.id, player.id].sort());
  const scores = end.players.map(({ score }) => score);
  assert.equal(Math.max(...scores), end.options.score_to_win);
  assert.equal(points, scores[0] + scores[1]);
  assert.equal(starts, 1);
  assert.ok(moves > 0, 'the player in the game moves its paddle');
}

test('a friend in a web page and a player in the game challenge each other and play', async (t) => {
  const me = await guest('Web');
  const page = new Frontend(me.token);
  await page.opened;
  t.after(() => page.socket.close());
  const player = await until(`${PLAYER} in the lobby`, async () => {
    const { body } = await rest('GET', `/users?search=${encodeURIComponent(PLAYER)}&online=true`, { token: me.token });
    return body.find(({ display_name }) => display_name === PLAYER);
  });

  // The game waits until it shows this friend as away.
  assert.equal((await rest('PUT', '/presence', { token: me.token, body: { status: 'Away' } })).status, 200);
  const { body: asked } = await rest('POST', '/friends/requests/', { token: me.token, body: { user_id: player.id } });
  const friendship = await until('the friendship', async () => {
    const { body } = await rest('GET', '/friends/', { token: me.token });
    return body.find(({ friendship_id }) => friendship_id === asked.friendship_id);
  });
  assert.equal(friendship.user.id, player.id);

  await t.test('the challenge of the page is accepted in the game', async () => {
    page.send(invitation(asked.friendship_id, 'arena', PLAYER));
    const sent = await page.next('game_invitation_sent');
    const created = await page.next('game_session_created', LIMIT_MS);
    assert.deepEqual([created.invitation_id, created.map], [sent.invitation_id, 'arena']);
    assert.deepEqual(created.players.map(({ user_id }) => user_id), [me.id, player.id]);
    check(await play(created.game_id, me), created, me, player);
  });

  await t.test('the challenge of the game is accepted in the page', async () => {
    const received = await page.next('game_invitation_received', LIMIT_MS);
    assert.deepEqual([received.kind, received.map, received.sender_id], ['map', 'retro', player.id]);
    assert.equal(received.friendship_id, asked.friendship_id);
    page.send({ type: 'game_invitation_response', friendship_id: received.friendship_id, accepted: true, map: 'retro' });
    const created = await page.next('game_session_created');
    assert.deepEqual([created.invitation_id, created.map], [received.invitation_id, 'retro']);
    assert.deepEqual(created.players.map(({ user_id }) => user_id), [player.id, me.id]);
    check(await play(created.game_id, me), created, me, player);
  });
});
