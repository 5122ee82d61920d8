// One server as a client of nothing but HTTP and WebSockets sees it, with everything it sees written down.
import http from 'node:http';
import WebSocket from 'ws';

export const SEPARATOR = '\x1e';
const LIMIT_MS = 8_000;

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits for a condition; whether it came true in time. */
export async function until(condition, limit) {
  const deadline = Date.now() + limit;
  while (!condition()) {
    if (Date.now() >= deadline) return false;
    await pause(4);
  }
  return true;
}

/** Objects with their fields in order, since no reader cares for another one. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

export class Side {
  constructor(url) {
    this.url = url;
    this.agent = new http.Agent({ keepAlive: true });
    this.log = new Map();
    this.changed = Date.now();
    this.busy = 0;
    this.ids = [];
    this.sockets = new Set();
    this.sessions = [];
    this.timings = { pingInterval: 300, pingTimeout: 200, maxPayload: 1_000_000 };
  }

  get session() {
    return this.sessions.at(-1);
  }

  /** Writes down what was seen. Only what comes one after the other by rule shares a channel. */
  record(channel, seen) {
    if (!this.log.has(channel)) this.log.set(channel, []);
    this.log.get(channel).push(seen);
    this.changed = Date.now();
  }

  /** The whole log in an order that does not depend on which channel was first. */
  written() {
    return [...this.log].sort(([left], [right]) => (left < right ? -1 : 1));
  }

  know(id, label) {
    if (typeof id === 'string' && id) this.ids.push([id, label]);
  }

  /** A text with names in place of ids, and what is JSON in it in one form. */
  plain(text) {
    let plain = text;
    for (const [id, label] of this.ids) plain = plain.replaceAll(id, label);
    const start = plain.search(/[[{]/);
    if (start < 0) return plain;
    try {
      return plain.slice(0, start) + JSON.stringify(sorted(JSON.parse(plain.slice(start))));
    } catch {
      return plain;
    }
  }

  /** Puts this server's ids in place of names such as {{id-0-/}}. */
  filled(text) {
    return text.replace(/\{\{(.*?)\}\}/g, (_, label) => this.ids.findLast((one) => one[1] === `<${label}>`)?.[0] ?? 'nobody');
  }

  /** Asks; {status, body, headers}, or {reset: true} where the connection ended without an answer. */
  request(method, path, { body, headers = {}, signal, onContinue } = {}) {
    this.busy += 1;
    const asked = new Promise((resolve) => {
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const request = http.request(this.url + path, {
        method, agent: this.agent, signal, timeout: LIMIT_MS, headers: { ...length, ...headers },
      });
      request.on('timeout', () => request.destroy());
      request.on('error', () => resolve({ reset: true }));
      request.on('response', (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', () => resolve({ reset: true }));
        response.on('end', () => {
          resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString(), headers: response.headers });
        });
      });
      if (onContinue) onContinue(request);
      else request.end(body);
    });
    return asked.finally(() => { this.busy -= 1; });
  }

  /** After an answer to something else, what was asked before is with the server as well. */
  async arrived() {
    for (let times = 0; times < 3; times += 1) await this.request('GET', '/elsewhere');
  }

  /** What of an answer is compared. */
  answer({ status, body, headers, reset }, origin) {
    if (reset) return 'reset';
    const page = origin ? { page: ['*', origin].includes(headers['access-control-allow-origin']) } : {};
    const json = body.startsWith('{') || body.startsWith('0{');
    return { status, body: json ? this.plain(body) : body, ...page };
  }

  /** A WebSocket whose frames go to `take`, and whose opening, refusal and end are written down. */
  socket(path, channel, take) {
    const socket = new WebSocket(this.url.replace(/^http/, 'ws') + path, { perMessageDeflate: false });
    let refused = false;
    this.sockets.add(socket);
    this.busy += 1;
    socket.settled = new Promise((resolve) => {
      const settle = () => { this.busy -= socket.isSettled ? 0 : 1; socket.isSettled = true; resolve(); };
      socket.on('open', () => { this.record(channel, 'open'); settle(); });
      socket.on('unexpected-response', (request, response) => {
        refused = true;
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', () => {});
        response.on('close', () => {
          this.record(channel, { refused: response.statusCode, body: this.plain(Buffer.concat(chunks).toString()) });
          socket.isClosed = true;
          request.destroy();
          settle();
        });
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        if (!refused) this.record(channel, 'close');
        socket.isClosed = true;
        settle();
      });
    });
    socket.on('message', (data, binary) => take(binary ? { binary: data.toString('base64') } : data.toString()));
    return socket;
  }

  end() {
    for (const socket of this.sockets) socket.terminate();
    this.agent.destroy();
  }
}
