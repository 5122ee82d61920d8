// What the tests of Socket.IO share: a socket that remembers what it was told.
import { io } from 'socket.io-client';
import { URL, guest, session } from './rest.mjs';

export { URL, guest, rest, session } from './rest.mjs';

const LIMIT_MS = 10_000;
export const TRANSPORTS = ['polling', 'websocket'];

/** A stock socket which keeps every event until a test asks for it. */
export class Device {
  #events = [];
  #waiting = [];

  constructor(token, transport, options = {}) {
    this.socket = io(URL, { transports: [transport], auth: { token }, forceNew: true, reconnection: false, ...options });
    this.socket.onAny((name, ...payload) => this.#put(name, payload));
    this.socket.on('connect', () => this.#put('(connect)', []));
    this.socket.on('connect_error', (error) => this.#put('(connect_error)', [error]));
    this.socket.on('disconnect', (reason) => this.#put('(disconnect)', [reason]));
  }

  static async online(player, transport) {
    const device = new Device(player.token, transport);
    await device.next('(connect)');
    return device;
  }

  #put(name, payload) {
    const index = this.#waiting.findIndex((one) => one.name === name && one.matches(payload[0]));
    if (index < 0) this.#events.push({ name, payload });
    else this.#waiting.splice(index, 1)[0].resolve(payload[0]);
  }

  /** The first event of this name that nobody has taken yet, waiting for it if need be. */
  next(name, matches = () => true) {
    const index = this.#events.findIndex((one) => one.name === name && matches(one.payload[0]));
    if (index >= 0) return Promise.resolve(this.#events.splice(index, 1)[0].payload[0]);
    return new Promise((resolve, reject) => {
      const seen = () => this.#events.map((one) => `${one.name} ${JSON.stringify(one.payload)}`).join('; ');
      const timer = setTimeout(() => reject(new Error(`no ${name}; untaken: ${seen() || 'nothing'}`)), LIMIT_MS);
      this.#waiting.push({ name, matches, resolve: (payload) => { clearTimeout(timer); resolve(payload); } });
    });
  }

  /** Events of this name that arrived and that nobody has taken. */
  untaken(name) {
    return this.#events.filter((one) => one.name === name).map((one) => one.payload[0]);
  }

  emit(name, ...payload) {
    this.socket.emit(name, ...payload);
    return this;
  }

  /** Sends with an acknowledgement id; what the server acknowledged with. */
  ask(name, payload) {
    return this.socket.timeout(LIMIT_MS).emitWithAck(name, payload);
  }

  /** Sends, and waits for the answer by the event's own name. */
  async send(name, payload) {
    this.emit(name, payload);
    return this.next(`${name}:success`);
  }

  async refused(name, ...payload) {
    this.emit(name, ...payload);
    return this.next(`${name}:error`);
  }

  close() {
    this.socket.disconnect();
  }
}

/** Host and receiver, both online, and the host's session; everything is closed after the test. */
export async function pair(test, transport, options) {
  const [host, receiver] = await Promise.all([guest('Host'), guest('Receiver')]);
  const code = await session(host, options);
  const [hostDevice, device] = await Promise.all([Device.online(host, transport), Device.online(receiver, transport)]);
  test.after(() => { hostDevice.close(); device.close(); });
  return { host, receiver, code, hostDevice, device };
}
