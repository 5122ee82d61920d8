// Stock clients through proxies that spoil WebSockets, at our server and at the reference.
import { KINDS, startProxy } from './proxy.mjs';
import { Rallypoint } from './rallypoint.mjs';
import { until } from './raw.mjs';
import { startReference } from './reference_process.mjs';
import { RING_MS, USUAL, combinations, eventually, person, rings, wait } from './ringing.mjs';
import { TRANSPORTS, startClient } from './stock.mjs';

const WINDOW_MS = 20_000;
const OLD_WINDOW_MS = 8_000;
const SAMPLE_MS = 500;
const ONLINE_MS = 12_000;
/** A process of its own needs a while to begin. */
const BEGIN_MS = 20_000;
const SPARE_REQUESTS = 2;
const CONNECT_TIMEOUT_MS = 45_000;

async function atOurs(server, combination, kind) {
  const proxy = await startProxy(kind, server.port);
  const { host, player, connect } = await person(server, combination, USUAL, proxy.url);
  const client = connect();
  await until(() => proxy.requests.length > 0, BEGIN_MS);
  const began = Date.now();
  let since;
  let gone = 0;
  const sampled = (async () => {
    while (Date.now() - began < WINDOW_MS) {
      const online = (await server.online(host, [player])).get(player.id);
      if (online) since ??= Date.now() - began;
      else if (since !== undefined) gone += 1;
      await wait(SAMPLE_MS);
    }
  })();
  let fault;
  const invite = await eventually(() => server.invite(host, player), ONLINE_MS);
  if (invite === undefined) fault = 'not online';
  else if (await until(() => rings(client, invite).times > 0, RING_MS)) {
    client.emit('invite:respond', { invite_id: invite, response: 'decline' });
    const answered = await until(() => client.named('invite:respond:success').length > 0, RING_MS);
    if (!answered) fault = 'the answer was lost';
  } else fault = 'no invite';
  await sampled;
  const requests = proxy.requests.length;
  client.close();
  proxy.stop();
  if (gone > 0) fault ??= `offline in ${gone} samples`;
  if (invite !== undefined && rings(client, invite).times > 1) fault ??= `rang ${rings(client, invite).times} times`;
  return { fault, requests, since, error: client.errors.at(-1) };
}

/** As much is said as at ours: `auth` in place of an invite, an event in place of an answer, and one back. */
async function atReference(reference, { make, transports }, kind) {
  const proxy = await startProxy(kind, reference.port);
  const client = startClient(make, proxy.url, { transports: TRANSPORTS[transports], auth: {}, ...USUAL });
  client.onEvent = (name) => { if (name === 'auth') client.emit('message', 'answer'); };
  await until(() => proxy.requests.length > 0, BEGIN_MS);
  await wait(WINDOW_MS);
  const requests = proxy.requests.length;
  const good = client.connected && client.named('message-back').length === client.connections;
  client.close();
  proxy.stop();
  return { good, requests, error: client.errors.at(-1) };
}

/** Ours has to do what the reference does, with no more requests. */
function row({ make, transports }, through, ours, reference) {
  const faults = [];
  if (ours.fault && reference.good) faults.push(ours.fault);
  if (ours.requests > reference.requests + SPARE_REQUESTS) faults.push('more requests');
  const online = ours.since === undefined ? 'never online' : `online after ${ours.since} ms`;
  const notes = reference.good ? [online] : [online, 'nor at the reference'];
  if (faults.length > 0 && ours.error) notes.push(ours.error);
  return { make, transports, through, faults, requests: `${ours.requests} / ${reference.requests}`, note: notes.join('; ') };
}

export async function proxies({ makes, kinds = KINDS }) {
  const server = await Rallypoint.start();
  const reference = await startReference(server.url, CONNECT_TIMEOUT_MS);
  const rows = [];
  const group = async (cases) => rows.push(...await Promise.all(cases.map(async ([combination, kind]) => {
    const both = await Promise.all([atOurs(server, combination, kind), atReference(reference, combination, kind)]);
    return row(combination, kind, ...both);
  })));
  for (const make of makes) {
    const all = combinations([make]).map((combination) => kinds.map((kind) => [combination, kind]));
    if (make !== 'python') await group(all.flat());
    else for (const cases of all) await group(cases);
  }
  await server.stop();
  reference.stop();
  return rows;
}

/** A client of an older protocol is told so, and does not ask the more often for it. */
export async function old() {
  const server = await Rallypoint.start();
  const reference = await startReference(server.url, CONNECT_TIMEOUT_MS);
  const rows = await Promise.all(Object.keys(TRANSPORTS).map(async (transports) => {
    const [ours, theirs] = await Promise.all([server.port, reference.port].map(async (port) => {
      const proxy = await startProxy('none', port);
      const client = startClient('js2', proxy.url, { transports: TRANSPORTS[transports], ...USUAL });
      await wait(OLD_WINDOW_MS);
      client.close();
      proxy.stop();
      return { requests: proxy.requests.length, good: client.connections > 0, error: client.errors.at(-1) };
    }));
    const faults = [];
    if (ours.good) faults.push('let in');
    if (!ours.error) faults.push('no error');
    if (ours.requests > theirs.requests + SPARE_REQUESTS) faults.push('more requests');
    return { make: 'js2', transports, through: 'none', faults, requests: `${ours.requests} / ${theirs.requests}`, note: ours.error };
  }));
  await server.stop();
  reference.stop();
  return rows;
}
