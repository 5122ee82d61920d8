// Stock clients of all makes behind one face, with the reconnection that they bring.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { io as io4 } from 'socket.io-client';
import { io as io3 } from 'socket.io-client-3';
import io2 from 'socket.io-client-2';
import { openPage } from './browser.mjs';

export const TRANSPORTS = { websocket: ['websocket'], polling: ['polling'], both: ['polling', 'websocket'] };
export const MAKES = ['js4', 'js3', 'python', 'browser'];

const JAVASCRIPT = { js4: io4, js3: io3, js2: io2 };

const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

class Stock {
  constructor() {
    /** Everything that was heard: {name, payload, connection}. */
    this.heard = [];
    this.connected = false;
    this.connections = 0;
    this.errors = [];
  }

  take(what, { name, payload, reason } = {}) {
    if (what === 'connect') {
      this.connected = true;
      this.connections += 1;
    } else if (what === 'event') {
      this.heard.push({ name, payload, connection: this.connections });
      this.onEvent?.(name, payload);
    } else {
      if (what === 'disconnect') this.connected = false;
      this.errors.push(`${what}: ${reason}`);
    }
  }

  named(name) {
    return this.heard.filter((one) => one.name === name);
  }
}

/** None at all is what older clients take for the usual one. */
const JITTER = 1e-9;

function settings({ transports, auth, delayMs, delayMaxMs }) {
  return {
    transports, auth, forceNew: true, reconnectionDelay: delayMs, reconnectionDelayMax: delayMaxMs, randomizationFactor: JITTER,
  };
}

class JavaScript extends Stock {
  constructor(make, url, options) {
    super();
    this.socket = JAVASCRIPT[make](url, settings(options));
    this.socket.on('connect', () => this.take('connect'));
    this.socket.on('disconnect', (reason) => this.take('disconnect', { reason }));
    this.socket.on('connect_error', (error) => this.take('connect_error', { reason: error.message }));
    this.socket.onAny?.((name, payload) => this.take('event', { name, payload }));
  }

  emit(name, payload) {
    this.socket.emit(name, payload);
  }

  close() {
    this.socket.disconnect();
  }
}

class Browser extends Stock {
  constructor(url, options) {
    super();
    this.page = openPage(url, settings(options), (what, more) => this.take(what, more));
    this.page.catch((error) => this.take('page', { reason: error.message }));
  }

  emit(name, payload) {
    this.page.then((page) => page.emit(name, payload)).catch((error) => this.take('emit', { reason: error.message }));
  }

  close() {
    this.page.then((page) => page.close()).catch(() => {});
  }
}

class Python extends Stock {
  constructor(url, { transports, auth, delayMs, delayMaxMs }) {
    super();
    const options = { url, transports, auth, delay: delayMs / 1000, delay_max: delayMaxMs / 1000, wait: 10 };
    const script = new URL('clients.py', import.meta.url).pathname;
    this.child = spawn(process.env.PYTHON ?? 'python3', ['-B', script, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdin.on('error', () => {});
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const { what, ...more } = JSON.parse(line);
      this.take(what, more);
    });
    this.child.stderr.on('data', (text) => this.errors.push(`stderr: ${String(text).trim().split('\n').at(-1)}`));
    children.add(this.child);
    this.child.on('exit', () => children.delete(this.child));
  }

  emit(name, payload) {
    this.child.stdin.write(`${JSON.stringify({ emit: name, payload })}\n`);
  }

  close() {
    this.child.kill('SIGKILL');
  }
}

/** Begins to connect, and goes on by itself. */
export function startClient(make, url, options) {
  if (make === 'python') return new Python(url, options);
  return make === 'browser' ? new Browser(url, options) : new JavaScript(make, url, options);
}
