// Stock clients at a server that stops, dies and comes back.
import { Rallypoint } from './rallypoint.mjs';
import { until } from './raw.mjs';
import { QUICK, combinations, eventually, person, ring, wait } from './ringing.mjs';

const FIRST_MS = 20_000;
const BACK_MS = 25_000;
const PAUSE_MS = 500;
const DRAINING_MS = 3_000;
const RESTARTS = 20;

async function people(server, makes) {
  return Promise.all(combinations(makes).map((combination) => person(server, combination, QUICK)));
}

/** Everybody online, and rung once. */
async function begin(server, all) {
  await Promise.all(all.map(async (one) => {
    one.client = one.connect();
    const { fault } = await ring(server, one, FIRST_MS);
    one.faults = fault ? [`at first: ${fault}`] : [];
  }));
}

function row({ make, transports, faults, client, note }, through) {
  const notes = [note, faults.length > 0 ? client.errors.at(-1) : undefined];
  return { make, transports, through, faults, requests: '', note: notes.filter(Boolean).join('; ') };
}

async function finish(server, all, through) {
  for (const { client } of all) client.close();
  await server.stop();
  return all.map((one) => row(one, through));
}

async function once(signal, { makes }) {
  const server = await Rallypoint.start();
  const all = await people(server, makes);
  await begin(server, all);
  const status = await server.restart(signal, PAUSE_MS);
  await Promise.all(all.map(async (one) => {
    const { fault, ms } = await ring(server, one, BACK_MS);
    if (fault) one.faults.push(fault);
    if (signal === 'SIGTERM' && status !== 0) one.faults.push(`the server ended with ${status}`);
    one.note = ms === undefined ? 'never back' : `back after ${ms} ms`;
  }));
  return finish(server, all, signal);
}

export const sigterm = (options) => once('SIGTERM', options);
export const sigkill = (options) => once('SIGKILL', options);

/** Clients that come while the server waits for a match to end are there when the next server is. */
export async function drain({ makes }) {
  const server = await Rallypoint.start();
  const all = await people(server, makes);
  const leave = await server.match();
  const ended = server.end('SIGTERM');
  const draining = await eventually(async () => ((await server.call('GET', '/ready')).status === 503 ? true : undefined), DRAINING_MS);
  if (!draining) throw new Error('the server does not drain');
  for (const one of all) {
    one.client = one.connect();
    one.faults = [];
  }
  await until(() => all.every(({ client }) => client.errors.length > 0), DRAINING_MS);
  const heldOpen = !server.child.hasEnded;
  const told = all.map(({ client }) => client.errors.at(0));
  leave();
  await ended;
  await wait(PAUSE_MS);
  await server.run();
  await Promise.all(all.map(async (one, index) => {
    if (!heldOpen) one.faults.push('the server did not wait for the match');
    const { fault, ms } = await ring(server, one, BACK_MS);
    if (fault) one.faults.push(fault);
    one.note = `told ${told[index] ?? 'nothing'}; ${ms === undefined ? 'never there' : `there after ${ms} ms`}`;
  }));
  return finish(server, all, 'drain');
}

/** Restart after restart, in turns by SIGTERM and SIGKILL. */
export async function restarts({ makes }) {
  const server = await Rallypoint.start();
  const all = await people(server, makes);
  await begin(server, all);
  for (const one of all) one.slowest = 0;
  for (let round = 1; round <= RESTARTS; round += 1) {
    const present = all.filter(({ faults }) => faults.length === 0);
    if (present.length === 0) break;
    await server.restart(round % 2 === 1 ? 'SIGTERM' : 'SIGKILL', PAUSE_MS);
    await Promise.all(present.map(async (one) => {
      const { fault, ms } = await ring(server, one, BACK_MS);
      if (fault) one.faults.push(`restart ${round}: ${fault}`);
      one.slowest = Math.max(one.slowest, ms ?? 0);
      one.note = `${round} restarts, back after ${one.slowest} ms at most`;
    }));
  }
  return finish(server, all, `${RESTARTS} restarts`);
}
