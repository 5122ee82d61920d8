// Stock clients over restart after restart, at our server and at the reference. An invite waits each time.
import { startProxy } from './proxy.mjs';
import { Rallypoint } from './rallypoint.mjs';
import { until } from './raw.mjs';
import { startReference } from './reference_process.mjs';
import { QUICK, combinations, hears, person, ring, rings, wait } from './ringing.mjs';
import { TRANSPORTS, startClient } from './stock.mjs';

const ROUNDS = 20;
const FIRST_MS = 30_000;
const BACK_MS = 25_000;
const PAUSE_MS = 500;
const DRAINING_MS = 5_000;
const CUT_MS = 200;
/** Whether an event comes with the poll that brings another one is a matter of luck, and so is when an upgrade begins. */
const SPARE_REQUESTS = 1;
const CONNECT_TIMEOUT_MS = 45_000;

/** A client at each server, both behind a proxy that counts. */
async function join(server, reference, combination) {
  const [proxy, otherProxy] = await Promise.all([server, reference].map(({ port }) => startProxy('none', port)));
  const one = await person(server, combination, QUICK, proxy.url);
  const options = { transports: TRANSPORTS[combination.transports], auth: {}, ...QUICK };
  const ours = { client: one.connect(), proxy };
  const other = { client: startClient(combination.make, otherProxy.url, options), proxy: otherProxy };
  return { ...one, client: ours.client, ours, other, faults: [], requests: [0, 0], slowest: 0 };
}

const sides = (all) => all.flatMap(({ ours, other }) => [ours, other]);

/** From here on a new connection and its requests are counted. */
function mark(side) {
  side.seen = side.client.connections;
  side.before = side.proxy.requests.length;
}

const connected = ({ client, seen }) => client.connected && client.connections > seen;
/** The reference says something to everybody who connects. */
const greeted = ({ client, seen }) => client.named('auth').some(({ connection }) => connection > seen);
const asked = ({ proxy, before }) => proxy.requests.length - before;
const refusals = ({ client }) => client.errors.filter((error) => error.startsWith('connect_error'));

/** Ends both servers; nobody listens any more. */
async function end(signal, { server, reference, all }) {
  const [{ status }] = await Promise.all([server.end(signal), reference.stop(signal)]);
  sides(all).forEach(({ proxy }) => proxy.close());
  if (signal === 'SIGTERM' && status !== 0) throw new Error(`the server ended with ${status}:\n${server.log}`);
}

/** Our server waits for a match, and refuses everybody who wants to come back meanwhile. */
async function drain(stage) {
  const { server, reference, all } = stage;
  const leave = await server.match();
  const ended = Promise.all([server.end('SIGTERM'), reference.stop('SIGTERM')]);
  const status = async () => (await server.call('GET', '/ready')).status;
  while ((await status()) !== 503) await wait(10);
  const told = all.map(({ ours }) => refusals(ours).length);
  const deadline = Date.now() + DRAINING_MS;
  const refused = () => all.every(({ ours }, index) => refusals(ours).length > told[index]);
  while (!refused() && !server.child.hasEnded && Date.now() < deadline) {
    // Again, since a browser asks once more by itself when a connection breaks, and may find its session still there.
    for (const { client, ours } of all) if (client.connected) ours.proxy.cut();
    await until(refused, CUT_MS);
  }
  if (server.child.hasEnded) throw new Error('the server did not wait for the match');
  all.forEach((one, index) => {
    one.told = refusals(one.ours).at(-1);
    if (one.client.connections > one.ours.seen) one.faults.push('let in while the server drained');
    else if (refusals(one.ours).length === told[index]) one.faults.push(`not refused, after ${asked(one.ours)} requests`);
  });
  leave();
  await ended;
  sides(all).forEach(({ proxy }) => proxy.close());
}

const ENDINGS = { SIGTERM: (stage) => end('SIGTERM', stage), SIGKILL: (stage) => end('SIGKILL', stage), drain };

async function comeBack(server, one) {
  const { ours, other, client, waiting } = one;
  const began = Date.now();
  const counted = [[ours, () => hears(client, waiting, ours.seen) > 0], [other, () => greeted(other)]].map(
    async ([side, done]) => {
      const back = await until(done, BACK_MS);
      return { back, requests: asked(side), ms: Date.now() - began };
    },
  );
  const [here, there] = await Promise.all(counted);
  one.slowest = Math.max(one.slowest, here.ms);
  one.requests = [Math.max(one.requests[0], here.requests), Math.max(one.requests[1], there.requests)];
  if (!here.back) return connected(ours) ? 'the invite that waited did not ring' : 'not back';
  await server.cancel(one.host, waiting);
  const { fault } = await ring(server, one, BACK_MS);
  if (fault) return fault;
  if (hears(client, waiting, ours.seen) > 1) return 'the invite that waited rang twice';
  return client.connections > ours.seen + 1 ? `connected ${client.connections - ours.seen} times` : undefined;
}

async function round(stage, ending, number) {
  const { server, reference } = stage;
  const present = stage.all.filter(({ faults }) => faults.length === 0);
  await Promise.all(present.map(async (one) => {
    one.waiting = await server.invite(one.host, one.player);
    if (one.waiting === undefined) one.faults.push(`restart ${number}: offline before`);
  }));
  sides(present).forEach(mark);
  await ending({ ...stage, all: present });
  await wait(PAUSE_MS);
  await Promise.all([server.run(), reference.start()]);
  sides(present).forEach((side) => { side.before = side.proxy.requests.length; });
  await Promise.all(stage.all.map(({ ours, other }) => Promise.all([ours.proxy.open(server.port), other.proxy.open(reference.port)])));
  await Promise.all(present.map(async (one) => {
    const fault = one.faults.length === 0 ? await comeBack(server, one) : undefined;
    if (fault) one.faults.push(`restart ${number}: ${fault}`);
    one.note = `${number} restarts, back after ${one.slowest} ms at most`;
  }));
}

function row({ make, transports, faults, client, requests, note, told }, through) {
  if (requests[0] > requests[1] + SPARE_REQUESTS) faults.push('more requests');
  const notes = [note, told && `told ${told}`, faults.length > 0 ? client.errors.at(-1) : undefined];
  return { make, transports, through, faults, requests: requests.join(' / '), note: notes.filter(Boolean).join('; ') };
}

async function over(through, { makes }) {
  const server = await Rallypoint.start();
  const reference = await startReference(server.url, CONNECT_TIMEOUT_MS);
  const all = await Promise.all(combinations(makes).map((combination) => join(server, reference, combination)));
  await Promise.all(all.map(async (one) => {
    const { fault } = await ring(server, one, FIRST_MS);
    const there = await until(() => one.other.client.connected, FIRST_MS);
    if (fault) one.faults.push(`at first: ${fault}`);
    if (!there) one.faults.push('at first: not at the reference');
  }));
  const stage = { server, reference, all };
  for (let number = 1; number <= ROUNDS && all.some(({ faults }) => faults.length === 0); number += 1) {
    await round(stage, ENDINGS[through], number);
  }
  for (const { client, proxy } of sides(all)) {
    client.close();
    proxy.stop();
  }
  await Promise.all([server.stop(), reference.stop()]);
  return all.map((one) => row(one, through));
}

export const sigterm = (options) => over('SIGTERM', options);
export const sigkill = (options) => over('SIGKILL', options);
export const draining = (options) => over('drain', options);
