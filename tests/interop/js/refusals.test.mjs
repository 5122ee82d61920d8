// What the server refuses, and that a refusal never costs the socket.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Device, TRANSPORTS, guest, pair, session } from './client.mjs';

const MALFORMED = {
  'invite:send': [
    [], [null], ['text'], [7], [[]], [{}],
    [{ receiver_id: '2', session_code: 'K7QX2M' }],
    [{ receiver_id: 2 }],
    [{ session_code: 'K7QX2M' }],
    [{ receiver_id: null, session_code: null }],
    [{ receiver_id: -1, session_code: 'K7QX2M' }],
    [{ receiver_id: 2 ** 53, session_code: 'K7QX2M' }],
    [{ receiver_id: 1.5, session_code: 'K7QX2M' }],
    [{ receiver_id: { receiver_id: 2 }, session_code: ['K7QX2M'] }],
    [{ receiver_id: 2, session_code: 'x'.repeat(30_000) }],
  ],
  'invite:respond': [
    [], [null], [{}], [{ invite_id: 1 }], [{ response: 'accept' }],
    [{ invite_id: 1, response: 'maybe' }], [{ invite_id: 1, response: null }], [{ invite_id: 'one', response: 'accept' }],
  ],
  'invite:acknowledged': [[], [null], [{}], [{ invite_id: null }], [{ invite_id: [] }]],
  'invite:cancel': [[], [null], [{}], [{ invite_id: true }]],
};

for (const transport of TRANSPORTS) {
  describe(`refusals over ${transport}`, { concurrency: true }, () => {
    test('a second invite while one is pending', async (t) => {
      const { receiver, code, hostDevice } = await pair(t, transport);
      const body = { receiver_id: receiver.id, session_code: code };
      await hostDevice.send('invite:send', body);
      const refused = await hostDevice.refused('invite:send', body);
      assert.equal(refused.status, 'error');
      assert.equal(refused.code, 'DUPLICATE_INVITATION');
      assert.match(refused.message, /pending/);
    });

    test('somebody who is offline', async (t) => {
      const { code, hostDevice } = await pair(t, transport);
      const away = await guest('Away');
      const refused = await hostDevice.refused('invite:send', { receiver_id: away.id, session_code: code });
      assert.equal(refused.code, 'USER_OFFLINE');
      assert.match(refused.message, /offline/);
    });

    test('somebody who has just left', async (t) => {
      const { receiver, code, hostDevice, device } = await pair(t, transport);
      device.close();
      // Leaving is noticed as the connection ends, which no event here tells.
      const deadline = Date.now() + 5_000;
      for (;;) {
        const answer = await hostDevice.ask('invite:send', { receiver_id: receiver.id, session_code: code });
        if (answer.code === 'USER_OFFLINE') break;
        assert.ok(Date.now() < deadline, `still online: ${JSON.stringify(answer)}`);
        if (answer.invite_id) await hostDevice.ask('invite:cancel', { invite_id: answer.invite_id });
      }
    });

    test('oneself', async (t) => {
      const { host, code, hostDevice } = await pair(t, transport);
      const refused = await hostDevice.refused('invite:send', { receiver_id: host.id, session_code: code });
      assert.equal(refused.code, 'SELF_INVITE');
    });

    test('by somebody who is not the host', async (t) => {
      const { host, code, device } = await pair(t, transport);
      const refused = await device.refused('invite:send', { receiver_id: host.id, session_code: code });
      assert.equal(refused.code, 'NOT_HOST');
    });

    test('into a session that does not exist', async (t) => {
      const { receiver, hostDevice } = await pair(t, transport);
      const refused = await hostDevice.refused('invite:send', { receiver_id: receiver.id, session_code: 'ZZZZZZ' });
      assert.equal(refused.code, 'SESSION_NOT_FOUND');
    });

    test('an answer by a stranger, by the sender, and to nothing', async (t) => {
      const { receiver, code, hostDevice } = await pair(t, transport);
      const stranger = await guest('Stranger');
      const strangerDevice = await Device.online(stranger, transport);
      t.after(() => strangerDevice.close());
      const { invite_id } = await hostDevice.send('invite:send', { receiver_id: receiver.id, session_code: code });
      for (const [device, id] of [[strangerDevice, invite_id], [hostDevice, invite_id], [strangerDevice, 2 ** 52]]) {
        const refused = await device.refused('invite:respond', { invite_id: id, response: 'accept' });
        assert.equal(refused.code, 'INVITATION_NOT_FOUND');
      }
      const refused = await strangerDevice.refused('invite:acknowledged', { invite_id });
      assert.equal(refused.code, 'INVITATION_NOT_FOUND');
    });

    for (const [event, payloads] of Object.entries(MALFORMED)) {
      test(`a malformed ${event}`, async (t) => {
        const { receiver, code, hostDevice } = await pair(t, transport);
        for (const payload of payloads) {
          const refused = await hostDevice.refused(event, ...payload);
          assert.equal(refused.status, 'error');
          assert.equal(refused.code, 'BAD_REQUEST', JSON.stringify(payload));
          assert.ok(refused.message.length > 0 && refused.message.length < 500);
        }
        // The socket is alive, and the same one.
        await hostDevice.send('invite:send', { receiver_id: receiver.id, session_code: code });
        assert.deepEqual(hostDevice.untaken('(disconnect)'), []);
      });
    }

    test('what is deeply nested', async (t) => {
      const { receiver, code, hostDevice } = await pair(t, transport);
      // As deep as a client's own JSON.stringify can go.
      let nested = 1;
      for (let depth = 0; depth < 2_000; depth += 1) nested = [nested];
      const refused = await hostDevice.refused('invite:send', { receiver_id: nested, session_code: code });
      assert.equal(refused.code, 'BAD_REQUEST');
      await hostDevice.send('invite:send', { receiver_id: receiver.id, session_code: code });
    });

    test('a megabyte', async (t) => {
      const { receiver, code, hostDevice } = await pair(t, transport);
      const large = { receiver_id: receiver.id, session_code: 'x'.repeat(1024 * 1024) };
      const refused = await hostDevice.refused('invite:send', large);
      assert.equal(refused.code, 'PAYLOAD_TOO_LARGE');
      await hostDevice.send('invite:send', { receiver_id: receiver.id, session_code: code });
      assert.deepEqual(hostDevice.untaken('(disconnect)'), []);
    });

    test('far more than a megabyte closes that socket and no other', async (t) => {
      const { host, receiver, code, hostDevice, device } = await pair(t, transport);
      hostDevice.emit('invite:send', { receiver_id: receiver.id, session_code: 'x'.repeat(16 * 1024 * 1024) });
      await hostDevice.next('(disconnect)');
      const back = await Device.online(host, transport);
      t.after(() => back.close());
      await back.send('invite:send', { receiver_id: receiver.id, session_code: code });
      await device.next('invite:received');
      assert.deepEqual(device.untaken('(disconnect)'), []);
    });

    test('a bad token, a missing one and one of the wrong type', async () => {
      for (const auth of [{ token: 'nonsense' }, {}, { token: 7 }, { token: null }, { token: 'a.b.c' }]) {
        const device = new Device(undefined, transport, { auth });
        const error = await device.next('(connect_error)');
        assert.match(error.message, /^UNAUTHENTICATED: ./, JSON.stringify(auth));
        device.close();
      }
    });

    test('a token in the query is as good', async (t) => {
      const player = await guest('Query');
      const device = new Device(undefined, transport, { auth: {}, query: { token: player.token } });
      t.after(() => device.close());
      await device.next('(connect)');
      assert.ok(await session(player));
    });
  });
}
