// A stock WebSocket client, written from the guide of the map invitations alone, and a friend on Socket.IO.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Device, TRANSPORTS, guest, rest } from './client.mjs';
import { Frontend, invitation } from './frontend.mjs';

/** Two friends, the first of them at the guide's frontend. */
async function friends(t, transport) {
  const [ace, bea] = await Promise.all([guest('Ace'), guest('Bea')]);
  const { body: asked } = await rest('POST', '/friends/requests/', { token: ace.token, body: { user_id: bea.id } });
  const { body: friend } = await rest('POST', `/friends/${asked.friendship_id}/accept`, { token: bea.token, body: {} });
  assert.equal(friend.status, 'accepted');
  const frontend = new Frontend(ace.token);
  await frontend.opened;
  const device = await Device.online(bea, transport);
  t.after(() => { frontend.socket.close(); device.close(); });
  return { ace, bea, frontend, device, friendshipId: asked.friendship_id };
}

for (const transport of TRANSPORTS) {
  test(`a challenge rings on Socket.IO over ${transport} and leads both into one game`, async (t) => {
    const { ace, bea, frontend, device, friendshipId } = await friends(t, transport);
    frontend.send(invitation(friendshipId, 'arena'));
    const received = await device.next('invite:received');
    assert.equal(received.kind, 'map');
    assert.equal(received.map, 'arena');
    assert.equal(received.friendship_id, friendshipId);
    assert.equal(received.sender_name, ace.name);
    assert.equal(received.expires_in, 300);

    const answer = await device.send('invite:respond', { invite_id: received.invite_id, response: 'accept' });
    const created = await frontend.next('game_session_created');
    assert.equal(created.friendship_id, friendshipId);
    assert.equal(created.invitation_id, String(received.invite_id));
    assert.equal(created.map, 'arena');
    assert.equal(created.game_id, answer.game_id);
    assert.equal(created.session_code, answer.session_code);
    assert.deepEqual(created.players.map((player) => player.user_id), [ace.id, bea.id]);
  });

  test(`a session invite made on Socket.IO over ${transport} rings here and is accepted`, async (t) => {
    const { ace, bea, frontend, device, friendshipId } = await friends(t, transport);
    const { body: session } = await rest('POST', '/sessions', { token: bea.token, body: { name: 'Night rally' } });
    await device.send('invite:send', { receiver_id: ace.id, session_code: session.session_code });
    const received = await frontend.next('game_invitation_received');
    assert.equal(received.friendship_id, friendshipId);
    assert.equal(received.map, 'Night rally');
    assert.equal(received.kind, 'session');
    frontend.send({ type: 'game_invitation_response', friendship_id: friendshipId, accepted: true, map: received.map });
    const created = await frontend.next('game_session_created');
    assert.equal(created.session_code, session.session_code);
    const accepted = await device.next('invite:accepted');
    assert.equal(String(accepted.invite_id), received.invitation_id);
  });
}

test('a decline, and a challenge of nobody', async (t) => {
  const { frontend, device, friendshipId } = await friends(t, 'websocket');
  frontend.send(invitation(friendshipId, 'classic'));
  const { invite_id } = await device.next('invite:received');
  await device.send('invite:respond', { invite_id, response: 'decline' });
  const declined = await frontend.next('game_invitation_declined');
  assert.equal(declined.friendship_id, friendshipId);
  assert.equal(declined.invitation_id, String(invite_id));
  frontend.send(invitation('4711', 'classic'));
  const error = await frontend.next('game_invitation_error');
  assert.equal(error.code, 'INVALID_FRIENDSHIP');
  assert.equal(typeof error.message, 'string');
});
