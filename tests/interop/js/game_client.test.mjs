// The game client of the integration guide, unmodified, plays a match against another one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';
import { URL, guest, rest } from './client.mjs';
import { GameClient } from './game_client.mjs';

// Node 20 has none of its own.
globalThis.WebSocket = WebSocket;

const LIMIT_MS = 120_000;

/** Gives every message to a test before the client handles it. */
class Player extends GameClient {
  constructor(person, game, play) {
    super(URL, person.token);
    this.person = person;
    this.seen = [];
    this.over = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no end; seen: ${this.seen.slice(-3).map((one) => JSON.stringify(one))}`)), LIMIT_MS);
      this.end = (state) => { clearTimeout(timer); resolve(state); };
    });
    this.play = play;
    this.connectToGame(game);
    this.closed = new Promise((resolve) => { this.socket.onclose = ({ code, reason }) => resolve({ code, reason }); });
    this.socket.onerror = (error) => assert.fail(String(error.message));
  }

  handleGameMessage(data) {
    super.handleGameMessage(data);
    this.seen.push(data);
    if (data.type === 'game_state' && data.state === 'waiting_for_ready' && !this.isReady) {
      this.isReady = true;
      this.sendReady();
    }
    if (data.type === 'game_state' && data.state === 'active') this.play(this, data);
    if (data.type === 'game_state' && data.state === 'finished') this.end(data);
  }

  all(type) {
    return this.seen.filter((one) => one.type === type);
  }
}

test('two stock game clients play a match to its end', async (t) => {
  const logged = t.mock.method(console, 'log', () => {});
  const [host, other] = await Promise.all([guest('Stock'), guest('Client')]);
  const options = { score_to_win: 3, game_speed: 'fast' };
  const { body: session } = await rest('POST', '/sessions', { token: host.token, body: { open: true, options } });
  const joined = await rest('POST', `/sessions/${session.session_code}/join`, { token: other.token, body: {} });
  assert.equal(joined.status, 200);

  const follow = (player, { ball }) => player.sendMove({ y: ball.y });
  let hidden = false;
  const hide = (player) => { if (!hidden) player.sendMove({ direction: 'up' }); hidden = true; };
  const players = [new Player(host, session.game_id, follow), new Player(other, session.game_id, hide)];
  const ends = await Promise.all(players.map((player) => player.over));

  for (const [index, end] of ends.entries()) {
    assert.equal(end.id, session.game_id);
    assert.equal(end.winner_id, host.id);
    assert.equal(end.reason, 'score');
    assert.deepEqual(end.options, { ...options, time_limit: null, cool_mode: false });
    const names = end.players.map(({ id, username, side }) => ({ id, username, side }));
    assert.deepEqual(names, [{ id: host.id, username: host.name, side: 'left' }, { id: other.id, username: other.name, side: 'right' }]);
    assert.equal(end.players[0].score, 3);
    const player = players[index];
    assert.equal(player.all('game_start').length, 1);
    assert.ok(player.all('player_ready').some(({ user_id }) => user_id === host.id));
    const opponent = players[1 - index].person;
    assert.ok(player.all('player_move').length > 0);
    assert.ok(player.all('player_move').every(({ user_id, movement }) => user_id === opponent.id && typeof movement === 'object'));
    const places = player.all('game_state').flatMap(({ ball, paddles }) => [ball.x, ball.y, paddles.left, paddles.right]);
    assert.ok(places.every((place) => place >= 0 && place <= 1));
  }
  assert.equal(logged.mock.calls.filter(({ arguments: [text] }) => text === 'Game Starting!').length, 2);
  for (const player of players) assert.equal((await player.closed).code, 1000);
});

test('a stock game client learns why it may not play', async () => {
  const [host, stranger] = await Promise.all([guest('Host'), guest('Stranger')]);
  const { body: session } = await rest('POST', '/sessions', { token: host.token, body: {} });
  for (const [token, reason] of [['nonsense', 'UNAUTHENTICATED'], [stranger.token, 'FORBIDDEN']]) {
    const client = new Player({ token }, session.game_id, () => {});
    client.end();
    assert.deepEqual(await client.closed, { code: 3001, reason });
  }
});

test('stock game clients find each other in the queue, and a rating follows', async (t) => {
  t.mock.method(console, 'log', () => {});
  const people = await Promise.all([guest('Queued'), guest('Queuing')]);
  const [first, second] = people.map((person) => new GameClient(URL, person.token));
  // Others may wait as well, so the two are told apart by whom they are matched with.
  const found = [];
  for (const [index, client] of [first, second].entries()) {
    let state = await client.joinQueue();
    for (let tries = 0; index === 1 && state.status === 'queued' && tries < 100; tries += 1) state = await client.joinQueue();
    found.push(state);
  }
  assert.ok(found[0].status === 'matched' || found[0].position >= 1, JSON.stringify(found[0]));
  assert.equal(found[1].status, 'matched', JSON.stringify(found[1]));
  found[0] = await first.joinQueue();
  assert.equal(found[0].game_id, found[1].game_id);

  const give = (player) => player.socket.send(JSON.stringify({ type: 'player_leave' }));
  const follow = (player, { ball }) => player.sendMove({ y: ball.y });
  const players = [new Player(people[0], found[0].game_id, follow), new Player(people[1], found[1].game_id, give)];
  const ends = await Promise.all(players.map((player) => player.over));
  for (const end of ends) assert.deepEqual([end.winner_id, end.reason], [people[0].id, 'forfeit']);
  for (let tries = 0; tries < 100; tries += 1) {
    const { body } = await rest('GET', '/game/status', { token: people[0].token });
    if (body.status === 'idle') break;
    assert.notEqual(tries, 99, 'the result was not recorded');
  }
  const again = await first.joinQueue();
  assert.ok(again.rating > 1500, JSON.stringify(again));
  assert.equal((await rest('POST', '/game/leave', { token: people[0].token, body: {} })).status, 200);
});
