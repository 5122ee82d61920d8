// Players with a stock client each, and invites that have to ring there once.
import { until } from './raw.mjs';
import { MAKES, TRANSPORTS, startClient } from './stock.mjs';

/** The delays that the clients have by themselves, and shorter ones. */
export const USUAL = { delayMs: 1_000, delayMaxMs: 5_000 };
export const QUICK = { delayMs: 100, delayMaxMs: 500 };

export const RING_MS = 5_000;
/** How long a second ring of the same invite is waited for. */
const ONCE_MS = 1_000;
const ASK_MS = 100;

export const wait = (ms) => until(() => false, ms);

export function combinations(makes = MAKES) {
  return makes.flatMap((make) => Object.keys(TRANSPORTS).map((transports) => ({ make, transports })));
}

/** Asks until there is an answer; undefined when it takes too long. */
export async function eventually(ask, limit) {
  const deadline = Date.now() + limit;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (Date.now() >= deadline) return undefined;
    await wait(ASK_MS);
  }
}

/** How often an invite rang, and whether it did so twice on one connection. A new connection repeats what is pending. */
export function rings(client, invite) {
  const heard = client.named('invite:received').filter(({ payload }) => payload.invite_id === invite);
  return { times: heard.length, twice: new Set(heard.map(({ connection }) => connection)).size < heard.length };
}

/** How often an invite rang on connections after that one. */
export function hears(client, invite, after) {
  return client.named('invite:received').filter(({ payload, connection }) => payload.invite_id === invite && connection > after).length;
}

/** A receiver with a client, and a host who invites it. `url` is where the client connects. */
export async function person(server, { make, transports }, delays, url = server.url) {
  const [host, player] = await Promise.all([server.host(), server.guest('Receiver')]);
  const connect = () => startClient(make, url, { transports: TRANSPORTS[transports], auth: { token: player.token }, ...delays });
  return { make, transports, host, player, connect };
}

/** Invites somebody who is, or comes, online: the fault, and after how long the invite could be sent. */
export async function ring(server, { host, client, player }, limit) {
  const began = Date.now();
  const invite = await eventually(() => server.invite(host, player), limit);
  const ms = Date.now() - began;
  if (invite === undefined) return { fault: 'not online' };
  const rang = await until(() => rings(client, invite).times > 0, RING_MS);
  await wait(ONCE_MS);
  await server.cancel(host, invite);
  if (!rang) return { fault: 'no invite', ms };
  return { fault: rings(client, invite).twice ? `rang ${rings(client, invite).times} times` : undefined, ms };
}
