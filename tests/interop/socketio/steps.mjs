// Does one step of a script at one server.
import { Session } from './raw_session.mjs';
import { until } from './raw.mjs';

const PROBE_MS = 2_000;
const SLACK_MS = 400;
const TURNED_AWAY_MS = 200;
const QUICK_MS = 300;

const octets = { 'content-type': 'application/octet-stream' };
const BODIES = {
  'octet-stream': () => [Buffer.from('4hello'), octets],
  'not UTF-8': () => [Buffer.from([0x34, 0xc3, 0x28, 0xff])],
  'too large': ({ maxPayload }) => [Buffer.alloc(maxPayload + 100, '4')],
};

/** Opens a WebSocket for the session, beside whatever it uses. */
async function probe(side, session, channel) {
  const frames = [];
  const socket = side.socket(session.address('websocket'), channel, (frame) => {
    frames.push(frame);
    if (!session.upgraded || socket !== session.ws) side.record(channel, typeof frame === 'string' ? side.plain(frame) : frame);
    else session.take(frame);
  });
  socket.frames = frames;
  await socket.settled;
  return socket;
}

async function probed(socket) {
  socket.send('2probe', () => {});
  return until(() => socket.frames.includes('3probe') || socket.isClosed, PROBE_MS);
}

function take(session, socket) {
  session.upgraded = true;
  session.ws = socket;
  session.transport = 'websocket';
  socket.send('5', () => {});
}

const UPGRADES = {
  async good(side, session, channel) {
    session.paused = true;
    const socket = await probe(side, session, channel);
    await probed(socket);
    await until(() => !session.polling, PROBE_MS);
    take(session, socket);
  },
  /** With a poll that still waits. */
  async hasty(side, session, channel) {
    session.paused = true;
    void session.poll();
    const socket = await probe(side, session, channel);
    socket.send('2probe', () => {});
    take(session, socket);
    await until(() => !session.polling, PROBE_MS);
  },
  /** Without a word before. */
  async unprobed(side, session, channel) {
    session.paused = true;
    const socket = await probe(side, session, channel);
    take(session, socket);
    await until(() => !session.polling, QUICK_MS);
  },
  /** Two at a time: one of them is turned away. */
  async second(side, session, channel) {
    session.paused = true;
    const socket = await probe(side, session, channel);
    await probed(socket);
    const other = await probe(side, session, `${channel} second`);
    await until(() => other.isClosed, PROBE_MS);
    await until(() => !session.polling, PROBE_MS);
    take(session, socket);
  },
  async rubbish(side, session, channel, { what }) {
    const socket = await probe(side, session, channel);
    socket.send(what, () => {});
    await until(() => socket.isClosed, PROBE_MS);
  },
  async closed(side, session, channel) {
    const socket = await probe(side, session, channel);
    await probed(socket);
    socket.close();
    await until(() => socket.isClosed, PROBE_MS);
  },
  /** Opens, says nothing, and goes. */
  async silent(side, session, channel) {
    const socket = await probe(side, session, channel);
    socket.terminate();
    await until(() => socket.isClosed, PROBE_MS);
  },
};

const STEPS = {
  async 'handshake'(side, { method, path, origin }, channel) {
    const headers = origin ? { origin } : {};
    side.record(channel, side.answer(hidden(side, await side.request(method, path, { headers })), origin));
  },
  async 'preflight'(side, { path, origin }, channel) {
    const headers = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
    const answer = await side.request('OPTIONS', path, { headers });
    const allowed = answer.headers?.['access-control-allow-origin'];
    side.record(channel, { good: answer.status >= 200 && answer.status < 300, page: ['*', origin].includes(allowed) });
  },
  async 'websocket handshake'(side, { path }, channel) {
    const socket = side.socket(path, channel, (frame) => {
      if (frame !== '2') side.record(channel, hidden(side, { body: String(frame) }).body);
    });
    await socket.settled;
  },
  async 'open'(side, options) {
    side.sessions.push(new Session(side, side.sessions.length, options));
    await side.sessions.at(-1).open();
  },
  'say': (side, { packets, together }, channel) => side.session.say(packets, together, channel),
  async 'poll'(side) {
    void side.session.poll();
  },
  async 'double poll'(side, _, channel) {
    const { session } = side;
    const polls = session.polls;
    session.polls = 'asked';
    void session.poll();
    await side.arrived();
    side.record(channel, side.answer(await side.request('GET', session.address('polling'))));
    await until(() => !session.polling, PROBE_MS);
    session.polls = polls;
  },
  /** The second one comes while the first one's body is under way. */
  async 'double post'(side, _, channel) {
    const path = side.session.address('polling');
    const headers = { 'content-type': 'text/plain;charset=UTF-8' };
    let second;
    const first = await side.request('POST', path, {
      headers: { ...headers, expect: '100-continue', 'content-length': 2 },
      onContinue(request) {
        request.flushHeaders();
        const go = async () => {
          if (second) return;
          second = side.request('POST', path, { body: '6', headers });
          await second;
          request.end('6a');
        };
        request.once('continue', go);
        setTimeout(go, 300);
      },
    });
    side.record(channel, side.answer(first));
    side.record(`${channel} second`, side.answer(await second));
  },
  async 'odd post'(side, step, channel) {
    const [body, headers] = BODIES[step.case](side.timings);
    const answer = side.answer(await side.session.post(body, headers));
    // Whether an answer is read before the connection ends is a matter of luck.
    side.record(channel, step.case === 'too large' && (answer === 'reset' || answer.status === 413) ? 'too large' : answer);
  },
  async 'odd frame'(side, step) {
    const { ws } = side.session;
    ws?.send(BODIES[step.case](side.timings)[0], { binary: false }, () => {});
    await until(() => !ws || ws.isClosed, PROBE_MS);
  },
  async 'upgrade'(side, step, channel) {
    const { session } = side;
    session.probing = true;
    await UPGRADES[step.case](side, session, channel, step);
    session.probing = false;
    if (session.transport === 'websocket' && session.polling) side.record(channel, 'a poll still waits');
  },
  'close': (side, _, channel) => side.session.say([{ text: '1' }], false, channel),
  async 'hang up'(side) {
    const { session } = side;
    if (session.ws && session.transport === 'websocket') session.ws.terminate();
    else {
      void session.poll();
      await side.arrived();
      session.leave.abort();
      await until(() => !session.polling, PROBE_MS);
    }
  },
  async 'silence'(side) {
    const { session } = side;
    session.silent = true;
    const limit = side.timings.pingInterval + side.timings.pingTimeout + SLACK_MS;
    await until(() => session.ended || session.ws?.isClosed, limit);
    if (session.transport === 'polling') void session.poll();
  },
  async 'idle'(side) {
    const { session } = side;
    void session.poll();
    await until(() => session.ended || session.ws?.isClosed, side.connectTimeout + SLACK_MS);
  },
  async 'request on the session'(side, step, channel) {
    const { session } = side;
    const other = session.transport === 'polling' ? 'websocket' : 'polling';
    const path = { 'the other transport': session.address(other), 'EIO 3': session.address().replace('EIO=4', 'EIO=3') };
    const method = ['PUT', 'DELETE'].includes(step.case) ? step.case : 'GET';
    side.record(channel, side.answer(await side.request(method, path[step.case] ?? session.address())));
  },
  async 'websocket on the session'(side, _, channel) {
    const socket = await probe(side, side.session, channel);
    if (await until(() => socket.isClosed, TURNED_AWAY_MS)) return;
    side.record(channel, 'stays open');
    socket.close();
    await until(() => socket.isClosed, PROBE_MS);
  },
};

/** An answer whose new session is given a name. */
function hidden(side, answer) {
  const [, sid] = /^0\{"sid":"([^"]*)"/.exec(answer.body ?? '') ?? /"sid":"([^"]*)"/.exec(answer.body ?? '') ?? [];
  if (sid) side.know(sid, '<sid>');
  return { ...answer, body: answer.body === undefined ? undefined : side.plain(answer.body) };
}

export async function perform(side, step, index) {
  const { session } = side;
  if (!session && !['open', 'handshake', 'preflight', 'websocket handshake'].includes(step.kind)) return;
  side.busy += 1;
  await STEPS[step.kind](side, step, `step ${index} ${step.kind}`);
  side.busy -= 1;
}
