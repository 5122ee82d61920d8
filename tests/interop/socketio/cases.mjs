// What a client may say, rightly and wrongly. Each case is a list of packets; its name tells differences apart.

const text = (packet) => ({ text: `4${packet}` });
const engine = (packet) => ({ text: packet });
const binary = (random) => ({ binary: random.bytes() });
const prefix = (namespace) => (namespace === '/' ? '' : `${namespace},`);
const placeholder = (num) => ({ _placeholder: true, num });

function event(random, namespace, name, args, id = '') {
  return text(`2${prefix(namespace)}${id}${JSON.stringify([name, ...args])}`);
}

/** An event with `count` attachments, somewhere in its arguments. */
function attached(random, namespace, count, { name = 'message', id = '', nums } = {}) {
  const places = (nums ?? Array.from({ length: count }, (_, num) => num)).map(placeholder);
  const args = places.map((place) => random.pick([place, [1, place], { deep: { er: place } }]));
  return [
    text(`5${count}-${prefix(namespace)}${id}${JSON.stringify([name, ...args, ...random.list()])}`),
    ...Array.from({ length: count }, () => binary(random)),
  ];
}

const ackId = (random) => random.pick([0, 1, 7, 456, 1_000_000]);

/** In a namespace that is connected; nothing here ends the session. */
export const HARMLESS = {
  'event': (r, n) => [event(r, n, 'message', r.list())],
  'events': (r, n) => [event(r, n, 'message', r.list()), event(r, n, 'message', r.list()), event(r, n, 'message', [])],
  'event with an acknowledgement': (r, n) => [event(r, n, 'message-with-ack', r.list(), ackId(r))],
  'event nobody knows': (r, n) => [event(r, n, r.pick(['nothing', '', 'mes-sage', 'error', 'Connect']), r.list())],
  'event nobody knows, with an acknowledgement': (r, n) => [event(r, n, 'nothing', r.list(), ackId(r))],
  'acknowledgement of nothing': (r, n) => [text(`3${prefix(n)}${r.pick(['0', '5'])}${JSON.stringify(r.list())}`)],
  'acknowledgement without an id': (r, n) => [text(`3${prefix(n)}${JSON.stringify(r.list())}`)],
  'event without a payload': (r, n) => [text(`2${prefix(n)}`)],
  'binary event': (r, n) => attached(r, n, r.between(1, 3)),
  'binary event with ten attachments': (r, n) => attached(r, n, 10),
  'binary event with an acknowledgement': (r, n) => attached(r, n, r.between(1, 2), { name: 'message-with-ack', id: ackId(r) }),
  'binary event, one attachment unused': (r, n) => attached(r, n, 2, { nums: [r.below(2)] }),
  'binary event, one attachment used twice': (r, n) => attached(r, n, 1, { nums: [0, 0] }),
  'binary acknowledgement of nothing': (r, n) => [text(`61-${prefix(n)}5${JSON.stringify([placeholder(0)])}`), binary(r)],
  'placeholder in a plain event': (r, n) => [event(r, n, 'message', [placeholder(0)])],
  'relay to oneself': (r, n) => [event(r, n, 'relay', [`{{id-0-${n}}}`, r.json()])],
  'relay to nobody': (r, n) => [event(r, n, 'relay', ['nobody', r.json()])],
  'large event': (r, n) => [event(r, n, 'message', ['ä'.repeat(r.pick([125, 126, 32_768, 65_535, 100_000]))])],
  'nested event': (r, n) => [event(r, n, 'message', [JSON.parse('['.repeat(60) + ']'.repeat(60))])],
  'white space': (r, n) => [text(`2${prefix(n)} [ "message" , 1 ]`)],
  'pong unasked': () => [engine('3')],
  'pong with data': () => [engine('3probe')],
  'noop': () => [engine('6')],
  'open packet': () => [engine('0{}')],
  'upgrade packet outside of an upgrade': () => [engine('5')],
};

/** Breaks a rule of Engine.IO, connected or not. */
export const BROKEN_ENGINE = {
  'engine: unknown type': (r) => [engine(r.pick(['abc', '9', 'x', ' 4', '-', 'é', '7', '😀']))],
  'engine: empty packet': () => [engine('')],
  'engine: ping by the client': (r) => [engine(r.pick(['2', '2probe']))],
  'engine: unknown type behind an event': (r, n) => [event(r, n, 'message', ['before']), engine('abc')],
};

/** Breaks a rule of Socket.IO in a namespace that is connected. */
export const BROKEN = {
  'socket: unknown type': (r) => [text(r.pick(['abc', '7', '8["message"]', '-1', ' 2["message"]', 'é']))],
  'socket: empty message': () => [engine('4')],
  'socket: payload is no list': (r, n) => [text(`2${prefix(n)}${r.pick(['{}', '"message"', 'null', 'true', '{"a":1}'])}`)],
  'socket: payload is no JSON': (r, n) => [text(`2${prefix(n)}${r.pick(['[', '["message"', '["message",]', '["message"]x', "['message']"])}`)],
  'socket: payload is an empty list': (r, n) => [text(`2${prefix(n)}[]`)],
  'socket: acknowledgement id is no number': (r, n) => [text(`2${prefix(n)}abc["message-with-ack",1]`)],
  'socket: acknowledgement is no list': (r, n) => [text(`3${prefix(n)}1${r.pick(['{}', '"x"', 'null'])}`)],
  'socket: disconnect with a payload': (r, n) => [text(`1${prefix(n)}${r.pick(['{}', '[]', 'null'])}`)],
  'socket: refusal by the client': (r, n) => [text(`4${prefix(n)}${r.pick(['', '{"message":"x"}', '"x"'])}`)],
  'socket: connected already': (r, n) => [text(`0${prefix(n)}`)],
  'socket: namespace not connected': (r) => [text(r.pick(['2/never,["message",1]', '3/never,1[]', '1/never,']))],
  'socket: attachment without an event': (r) => [binary(r)],
  'socket: attachment behind a complete event': (r, n) => [...attached(r, n, 1), binary(r)],
  'socket: text before all attachments': (r, n) => [...attached(r, n, 2).slice(0, 2), event(r, n, 'message', [])],
  'socket: number of attachments': (r, n) => {
    const count = r.pick(['', '-1', '1.5', 'x', '11', '1e9', '99999999999999999999']);
    return [text(`5${count}-${prefix(n)}["message",${JSON.stringify(placeholder(0))}]`)];
  },
  'socket: binary event of no attachments': (r, n) => [text(`50-${prefix(n)}["message",1]`)],
  'socket: no number of attachments': (r, n) => [text(`5${prefix(n)}["message"]`)],
  'socket: placeholder of nothing': (r, n) => attached(r, n, 1, { nums: [r.pick([1, 5, -1, '0', null])] }),
  'socket: name is reserved': (r, n) => [
    event(r, n, r.pick(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']), []),
  ],
  'socket: name is no string': (r, n) => [text(`2${prefix(n)}${JSON.stringify([r.pick([null, true, {}, []]), 1])}`)],
};

/** A CONNECT which is accepted: [case, packets]. */
export function connecting(random, namespace) {
  const plain = { '/': ['0', '0/', '0/,'], '/custom': ['0/custom,', '0/custom'] }[namespace];
  if (random.chance(50)) return ['connect', [text(random.pick(plain))]];
  const auth = JSON.stringify(random.pick([{}, { token: '123' }, { token: random.json(), more: random.json() }]));
  return ['connect with a payload', [text(`0${prefix(namespace)}${auth}`)]];
}

/** Before a namespace was connected; all but the first end the session at the reference. */
export const UNCONNECTED = {
  'refused connect': (r) => [text(r.pick(['0/random', '0/random,', '0/random,{"token":"x"}', '0/Custom,', '0/custom/,', '0/custom?a=1,']))],
  'socket: connect with a bad payload': (r) => [text(`0${r.pick(['', '/custom,'])}${r.pick(['[]', '"x"', 'null', 'true', '{', '{}x'])}`)],
  'socket: event before connect': (r) => [event(r, r.pick(['/', '/custom']), 'message', r.pick([[], [1]]))],
  'socket: acknowledgement before connect': () => [text('31[]')],
  'socket: disconnect before connect': (r) => [text(r.pick(['1', '1/custom,', '1/random,']))],
  'socket: attachment before connect': (r) => [binary(r)],
  'socket: unknown type before connect': (r) => [text(r.pick(['abc', '7', '9']))],
  'socket: event behind connect': (r) => [text('0'), event(r, '/', 'message', [1])],
  'socket: disconnect behind connect': () => [text('0'), text('1')],
  'socket: connect twice at once': () => [text('0'), text('0')],
};

export const leaving = (namespace) => [text(`1${prefix(namespace)}`)];
export const CONNECT_BOTH = [text('0'), text('0/custom,')];
export const MANY_NOOPS = Array.from({ length: 30 }, () => engine('6'));
export const LARGE_NOOP = [engine(`6${'x'.repeat(200)}`)];
export const LARGE_CONNECT = [text(`0${JSON.stringify({ token: 'x'.repeat(20_000) })}`)];

/** What the echo of plain Engine.IO is told: [case, packets]. */
export function echoed(random) {
  if (random.chance(40)) return ['binary echo', [binary(random)]];
  const one = () => engine(`4${random.pick(['hello', 'ä', '😀', '2', 'b', ' ', '4', 'x'.repeat(5_000)])}`);
  return random.chance(50) ? ['echo', [one()]] : ['echoes', [one(), binary(random), one()]];
}
