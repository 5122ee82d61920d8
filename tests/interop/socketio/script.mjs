// Writes a script of steps from a seed: plain data, which both servers are then put through.
import {
  BROKEN, BROKEN_ENGINE, CONNECT_BOTH, HARMLESS, LARGE_CONNECT, LARGE_NOOP, MANY_NOOPS, UNCONNECTED, connecting, echoed,
  leaving,
} from './cases.mjs';
import { Random } from './random.mjs';

const NAMESPACES = ['/', '/custom'];
const QUERIES = {
  'good': 'EIO=4&transport={}',
  'good, with more': 'EIO=4&transport={}&t=abc&token=x%20y',
  'EIO missing': 'transport={}',
  'EIO 3': 'EIO=3&transport={}',
  'EIO abc': 'EIO=abc&transport={}',
  'EIO 5': 'EIO=5&transport={}',
  'transport missing': 'EIO=4',
  'transport unknown': 'EIO=4&transport=abc',
  'transport in capitals': 'EIO=4&transport=POLLING',
  'the other transport': 'EIO=4&transport=[]',
  'sid unknown': 'EIO=4&transport={}&sid=nobody',
  'sid empty': 'EIO=4&transport={}&sid=',
  'sid unknown, EIO 3': 'EIO=3&transport={}&sid=nobody',
  'nothing': '',
};
const ORIGIN = 'https://game.example';

class Writer {
  constructor(seed) {
    this.random = new Random(seed);
    this.steps = [];
    this.connected = new Set();
  }

  step(kind, more = {}) {
    this.steps.push({ kind, ...more });
  }

  say(name, packets, together = this.random.chance(30)) {
    this.step('say', { case: name, packets, together });
    if (this.polls === 'asked' && this.random.chance(85)) this.step('poll');
  }

  sayOne(table, namespace) {
    const name = this.random.pick(Object.keys(table));
    // What stands behind a connect or a fault is about one piece.
    const together = / behind | at once/.test(name) ? true : undefined;
    this.say(name, table[name](this.random, namespace), together);
  }

  handshake() {
    const { random } = this;
    const name = random.pick(Object.keys(QUERIES));
    const query = (own, other) => QUERIES[name].replace('{}', own).replace('[]', other);
    const path = random.pick(['/socket.io/', '/engine.io/']);
    const origin = random.chance(30) ? ORIGIN : undefined;
    if (random.chance(35)) this.step('websocket handshake', { case: name, path: `${path}?${query('websocket', 'polling')}` });
    else if (random.chance(15)) this.step('preflight', { path, origin: ORIGIN });
    else {
      const method = random.pick(['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE', 'PATCH']);
      this.step('handshake', { case: name, method, origin, path: `${path}?${query('polling', 'websocket')}` });
    }
  }

  open(path) {
    this.transport = this.random.pick(['polling', 'polling', 'websocket']);
    this.polls = this.transport === 'polling' ? this.random.pick(['always', 'asked']) : undefined;
    this.connected.clear();
    this.step('open', { path, transport: this.transport, polls: this.polls });
  }

  connect(namespace) {
    const [name, packets] = connecting(this.random, namespace);
    this.say(name, packets, false);
    this.connected.add(namespace);
  }

  upgrade() {
    if (this.transport !== 'polling') return;
    const name = this.random.weighted({ good: 6, rubbish: 2, closed: 2, second: 1, silent: 1, hasty: 1, unprobed: 1 });
    const what = name === 'rubbish' ? this.random.pick(['4hello', '2', 'abc', '3probe', '1', '2prob', '']) : undefined;
    this.step('upgrade', { case: name, what });
    if (['good', 'second', 'hasty', 'unprobed'].includes(name)) {
      this.transport = 'websocket';
      this.polls = undefined;
    }
  }

  /** The end of a session, one way or another, and what is heard of it afterwards. */
  ending(broken) {
    const { random } = this;
    const polling = this.transport === 'polling';
    const kind = random.weighted({
      'broken': 8, 'close': 2, 'hang up': 1, 'silence': 1, 'double poll': polling ? 2 : 0, 'double post': polling ? 1 : 0,
      'odd post': polling ? 2 : 0, 'odd frame': polling ? 0 : 1,
    });
    if (kind === 'broken') broken();
    else if (kind === 'odd post') this.step(kind, { case: random.pick(['octet-stream', 'not UTF-8', 'too large']) });
    else if (kind === 'odd frame') this.step(kind, { case: random.pick(['not UTF-8', 'too large']) });
    else this.step(kind);
    for (let left = random.below(3); left > 0; left -= 1) {
      const next = random.pick(['poll', 'poll', 'say', 'websocket on the session']);
      if (next === 'say') this.say('event after the end', [{ text: '42["message",1]' }], false);
      else this.step(next);
    }
  }

  /** Requests on the session which are no polls, posts or upgrades. */
  oddRequest() {
    const name = this.random.pick(['PUT', 'DELETE', 'the other transport', 'EIO 3', 'websocket']);
    // A plain request that names a WebSocket's transport is never answered by the reference.
    if (['PUT', 'DELETE'].includes(name) ? this.transport !== 'polling' : name === 'websocket' && this.transport === 'polling') return;
    this.step(name === 'websocket' ? 'websocket on the session' : 'request on the session', { case: name });
  }

  engine() {
    const { random } = this;
    this.open('/engine.io/');
    for (let left = random.between(1, 5); left > 0; left -= 1) {
      const kind = random.weighted({ echo: 8, upgrade: 2, odd: 1, poll: this.polls ? 2 : 0 });
      if (kind === 'echo') this.say(...echoed(random));
      else if (kind === 'upgrade') this.upgrade();
      else if (kind === 'odd') this.oddRequest();
      else this.step('poll');
    }
    this.ending(() => {
      const table = random.pick([BROKEN_ENGINE, { 'engine: empty packet': BROKEN_ENGINE['engine: empty packet'] }]);
      this.sayOne(table, '/');
    });
  }

  /** Before a namespace is connected, for most of these scripts nothing comes after it. */
  unconnected() {
    const { random } = this;
    this.open('/socket.io/');
    if (this.random.chance(25)) this.upgrade();
    const kind = random.weighted({ 'one': 10, 'idle': 1, 'many': 1, 'large': 1, 'large connect': 1, 'engine': 1 });
    if (kind === 'one') this.sayOne(UNCONNECTED, '/');
    else if (kind === 'idle') this.step('idle', { case: 'never connected' });
    else if (kind === 'many') this.say('many packets before connect', MANY_NOOPS, true);
    else if (kind === 'large') this.say('large packet before connect', LARGE_NOOP, false);
    else if (kind === 'large connect') this.say('large connect', LARGE_CONNECT, false);
    else this.sayOne(BROKEN_ENGINE, '/');
    if (random.chance(50)) this.connect('/');
    this.step(random.pick(['poll', 'close', 'websocket on the session']));
  }

  socket() {
    const { random } = this;
    this.open('/socket.io/');
    if (random.chance(20)) this.upgrade();
    if (random.chance(10)) {
      this.say('connect both', CONNECT_BOTH, true);
      for (const namespace of NAMESPACES) this.connected.add(namespace);
    } else this.connect(random.pick(NAMESPACES));
    for (let left = random.between(2, 7); left > 0; left -= 1) {
      const kind = random.weighted({ harmless: 12, more: 2, leave: 1, upgrade: 3, odd: 1, poll: this.polls ? 2 : 0 });
      if (kind === 'harmless') this.sayOne(HARMLESS, random.pick([...this.connected]));
      else if (kind === 'more') {
        const free = NAMESPACES.filter((namespace) => !this.connected.has(namespace));
        if (random.chance(70) && free.length > 0) this.connect(random.pick(free));
        else this.say('refused connect, others connected', UNCONNECTED['refused connect'](random), false);
      } else if (kind === 'leave') this.leave();
      else if (kind === 'upgrade') this.upgrade();
      else if (kind === 'odd') this.oddRequest();
      else this.step('poll');
    }
    this.ending(() => this.sayOne(random.chance(75) ? BROKEN : BROKEN_ENGINE, random.pick([...this.connected])));
  }

  leave() {
    const namespace = this.random.pick([...this.connected]);
    this.say('disconnect', leaving(namespace), false);
    this.connected.delete(namespace);
    if (this.connected.size > 0) return;
    if (this.random.chance(15)) this.step('idle', { case: 'after leaving' });
    this.connect(this.random.pick(NAMESPACES));
  }
}

/** {seed, plot, steps} */
export function write(seed) {
  const writer = new Writer(seed);
  const { random } = writer;
  const plot = random.weighted({ handshakes: 15, engine: 20, unconnected: 15, socket: 50 });
  if (plot === 'handshakes') for (let left = random.between(3, 8); left > 0; left -= 1) writer.handshake();
  else writer[plot]();
  if (random.chance(20)) {
    writer.open('/socket.io/');
    writer.connect('/');
    writer.say('event', HARMLESS.event(random, '/'));
  }
  return { seed, plot, steps: writer.steps };
}
