// An invite's life as the stock client sees it, over both transports.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Device, TRANSPORTS, guest, pair, rest, session } from './client.mjs';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

for (const transport of TRANSPORTS) {
  describe(`invites over ${transport}`, { concurrency: true }, () => {
    test('the socket stays on the transport that was asked for', async (t) => {
      const { device } = await pair(t, transport);
      assert.equal(device.socket.io.engine.transport.name, transport);
    });

    test('sent, received, acknowledged, accepted', async (t) => {
      const { host, receiver, code, hostDevice, device } = await pair(t, transport);
      const sent = await hostDevice.send('invite:send', { receiver_id: receiver.id, session_code: code });
      assert.equal(sent.status, 'success');
      assert.equal(sent.receiver_id, receiver.id);
      assert.equal(sent.receiver_name, receiver.name);
      assert.equal(sent.session_code, code);
      assert.equal(sent.expires_in, 120);
      assert.ok(Number.isSafeInteger(sent.invite_id));

      const received = await device.next('invite:received');
      assert.equal(received.invite_id, sent.invite_id);
      assert.equal(received.sender_id, host.id);
      assert.equal(received.sender_name, host.name);
      assert.equal(received.session_code, code);
      assert.equal(typeof received.server_ip, 'string');
      assert.ok(Number.isInteger(received.server_port));
      assert.match(received.created_at, TIME);
      assert.match(received.expires_at, TIME);
      assert.equal(received.expires_in, 120);

      const invite = { invite_id: sent.invite_id };
      device.emit('invite:acknowledged', invite);
      assert.deepEqual(await device.next('invite:acknowledged:ack'), { status: 'success', ...invite });
      const seen = await hostDevice.next('invite:acknowledged');
      assert.equal(seen.invite_id, sent.invite_id);
      assert.equal(seen.receiver_id, receiver.id);
      assert.match(seen.seen_at, TIME);

      const joined = await device.send('invite:respond', { ...invite, response: 'accept' });
      assert.equal(joined.status, 'accepted');
      assert.equal(joined.session_code, code);
      assert.equal(joined.server_ip, received.server_ip);
      assert.equal(joined.server_port, received.server_port);
      assert.equal(typeof joined.game_id, 'string');
      assert.ok(Buffer.from(joined.connect_token, 'base64').length > 1000, 'a netcode token');
      const accepted = await hostDevice.next('invite:accepted');
      assert.equal(accepted.invite_id, sent.invite_id);
      assert.equal(accepted.receiver_id, receiver.id);
      assert.equal(typeof accepted.message, 'string');

      const { body } = await rest('GET', `/sessions/${code}`, { token: host.token });
      assert.deepEqual(body.players.map((player) => player.user_id), [host.id, receiver.id]);
    });

    test('a session elsewhere is answered with its own address', async (t) => {
      const own = { server_ip: '203.0.113.7', server_port: 4242 };
      const { receiver, code, hostDevice, device } = await pair(t, transport, own);
      const { invite_id } = await hostDevice.send('invite:send', { receiver_id: receiver.id, session_code: code });
      const joined = await device.send('invite:respond', { invite_id, response: 'accept' });
      assert.equal(joined.server_ip, own.server_ip);
      assert.equal(joined.server_port, own.server_port);
      assert.ok(!('connect_token' in joined));
    });

    test('declined', async (t) => {
      const { receiver, code, hostDevice, device } = await pair(t, transport);
      const { invite_id } = await hostDevice.send('invite:send', { receiver_id: receiver.id, session_code: code });
      const answer = await device.send('invite:respond', { invite_id, response: 'decline' });
      assert.equal(answer.status, 'declined');
      assert.equal((await hostDevice.next('invite:declined')).receiver_id, receiver.id);
      // Free for another try.
      await hostDevice.send('invite:send', { receiver_id: receiver.id, session_code: code });
    });

    test('cancelled', async (t) => {
      const { receiver, code, hostDevice, device } = await pair(t, transport);
      const { invite_id } = await hostDevice.send('invite:send', { receiver_id: receiver.id, session_code: code });
      assert.equal((await hostDevice.send('invite:cancel', { invite_id })).invite_id, invite_id);
      assert.equal((await device.next('invite:cancelled')).invite_id, invite_id);
      const refused = await device.refused('invite:respond', { invite_id, response: 'accept' });
      assert.equal(refused.code, 'ALREADY_RESPONDED');
    });

    test('a repeated answer is answered alike, the other one is refused', async (t) => {
      const { receiver, code, hostDevice, device } = await pair(t, transport);
      const { invite_id } = await hostDevice.send('invite:send', { receiver_id: receiver.id, session_code: code });
      const first = await device.send('invite:respond', { invite_id, response: 'accept' });
      const again = await device.send('invite:respond', { invite_id, response: 'accept' });
      assert.equal(again.status, first.status);
      assert.equal(again.game_id, first.game_id);
      const refused = await device.refused('invite:respond', { invite_id, response: 'decline' });
      assert.equal(refused.code, 'ALREADY_RESPONDED');
      assert.equal(refused.status, 'error');
      await hostDevice.next('invite:accepted');
      assert.deepEqual(hostDevice.untaken('invite:accepted'), [], 'told once');
    });

    test('every device rings, one answers, the other is told', async (t) => {
      const { receiver, code, hostDevice, device } = await pair(t, transport);
      const other = await Device.online(receiver, transport);
      t.after(() => other.close());
      const { invite_id } = await hostDevice.send('invite:send', { receiver_id: receiver.id, session_code: code });
      await Promise.all([device, other].map((one) => one.next('invite:received')));
      await device.send('invite:respond', { invite_id, response: 'decline' });
      assert.deepEqual(await other.next('invite:resolved'), { invite_id, status: 'declined' });
    });

    test('a socket that comes back gets what is still pending', async (t) => {
      const { receiver, code, hostDevice, device } = await pair(t, transport);
      const { invite_id } = await hostDevice.send('invite:send', { receiver_id: receiver.id, session_code: code });
      await device.next('invite:received');
      device.close();
      const back = await Device.online(receiver, transport);
      t.after(() => back.close());
      const again = await back.next('invite:received');
      assert.equal(again.invite_id, invite_id);
      assert.ok(again.expires_in <= 120 && again.expires_in > 0);
    });

    test('an acknowledgement id is answered with the same object', async (t) => {
      const { receiver, code, hostDevice, device } = await pair(t, transport);
      const body = { receiver_id: receiver.id, session_code: code };
      const answered = await hostDevice.ask('invite:send', body);
      assert.deepEqual(answered, await hostDevice.next('invite:send:success'));
      const refused = await hostDevice.ask('invite:send', body);
      assert.equal(refused.code, 'DUPLICATE_INVITATION');
      assert.deepEqual(refused, await hostDevice.next('invite:send:error'));
      const declined = await device.ask('invite:respond', { invite_id: answered.invite_id, response: 'decline' });
      assert.deepEqual(declined, await device.next('invite:respond:success'));
    });

    test('while the socket is away, REST does the same', async (t) => {
      const { host, receiver, code, hostDevice, device } = await pair(t, transport);
      const { invite_id } = await hostDevice.send('invite:send', { receiver_id: receiver.id, session_code: code });
      await device.next('invite:received');
      device.close();
      const { token } = receiver;
      const inbox = await rest('GET', `/invite/check/${receiver.id}`, { token });
      assert.deepEqual(inbox.body.invites.map((invite) => invite.invite_id), [invite_id]);
      assert.equal((await rest('GET', `/invite/check/${host.id}`, { token })).status, 403);
      const answer = await rest('POST', '/invite/respond', { token, body: { invite_id, response: 'accept' } });
      assert.equal(answer.status, 200);
      assert.equal(answer.body.status, 'accepted');
      assert.equal((await hostDevice.next('invite:accepted')).invite_id, invite_id);
    });

    test('two people for one seat: one gets it', async (t) => {
      const { receiver, code, hostDevice, device } = await pair(t, transport, { max_players: 2 });
      const rival = await guest('Rival');
      const rivalDevice = await Device.online(rival, transport);
      t.after(() => rivalDevice.close());
      for (const player of [receiver, rival]) {
        await hostDevice.send('invite:send', { receiver_id: player.id, session_code: code });
      }
      const answers = await Promise.all([device, rivalDevice].map(async (one) => {
        const { invite_id } = await one.next('invite:received');
        return one.ask('invite:respond', { invite_id, response: 'accept' });
      }));
      assert.deepEqual(answers.map((answer) => answer.code ?? answer.status).sort(), ['SESSION_FULL', 'accepted']);
    });

    test('two sessions, two senders, one queue', async (t) => {
      const { receiver, device } = await pair(t, transport);
      const hosts = await Promise.all(['Ada', 'Ben', 'Cleo'].map(guest));
      for (const host of hosts) {
        const body = { receiver_id: receiver.id, session_code: await session(host) };
        const { status } = await rest('POST', '/invite/send', { token: host.token, body });
        assert.equal(status, 201);
        assert.equal((await device.next('invite:received')).sender_id, host.id);
      }
      const { body } = await rest('GET', `/invite/check/${receiver.id}`, { token: receiver.token });
      assert.deepEqual(body.invites.map((invite) => invite.sender_id), hosts.map((host) => host.id), 'oldest first');
    });
  });
}
