// One session of Engine.IO, on the transport of one's choice and upgraded at will.
import { SEPARATOR, until } from './raw.mjs';

const OPEN_MS = 3_000;

export class Session {
  #posts = Promise.resolve();

  constructor(side, index, { path, transport, polls }) {
    this.side = side;
    this.index = index;
    this.path = path;
    this.transport = transport;
    /** `always`: there is a poll under way all the time; `asked`: only when a step says so. */
    this.polls = polls;
    this.channel = `session ${index} ${transport}`;
    this.connects = 0;
    this.silent = false;
    this.polling = false;
    this.paused = false;
    this.ended = false;
    /** A WebSocket is tried, so that polls are ended for nothing now and then. */
    this.probing = false;
    /** Ends a poll that waits. */
    this.leave = new AbortController();
  }

  address(transport = this.transport, sid = this.sid) {
    return `${this.path}?EIO=4&transport=${transport}${sid ? `&sid=${sid}` : ''}`;
  }

  async open() {
    if (this.transport === 'websocket') {
      this.ws = this.side.socket(this.address(), this.channel, (frame) => this.take(frame));
      await this.ws.settled;
      await until(() => this.sid || this.ws.isClosed, OPEN_MS);
      return;
    }
    const answer = await this.side.request('GET', this.address());
    if (answer.status === 200 && answer.body.startsWith('0')) this.take(answer.body);
    else this.side.record(this.channel, this.side.answer(answer));
    if (this.sid && this.polls === 'always') void this.poll();
  }

  /** Learns the ids, answers pings, and writes down everything else. */
  take(packet) {
    if (packet === '2') {
      if (!this.silent) this.pong();
      return;
    }
    // A poll that still waits when the session goes over is ended somehow: by a close packet at the reference.
    if (['6', '1'].includes(packet) && this.probing) return;
    if (typeof packet !== 'string') return this.side.record(this.channel, packet);
    if (packet.startsWith('0{')) {
      const { sid, ...timings } = JSON.parse(packet.slice(1));
      this.sid = sid;
      this.side.timings = timings;
      this.side.know(sid, `<sid-${this.index}>`);
    }
    const [, namespace, data] = /^40(?:(\/[^,]*),)?(\{.*)$/.exec(packet) ?? [];
    if (data) {
      this.side.know(JSON.parse(data).sid, `<id-${this.index}-${this.connects}>`);
      this.connects += 1;
      this.side.know(JSON.parse(data).sid, `<id-${this.index}-${namespace ?? '/'}>`);
    }
    if (packet === '1' && this.transport === 'polling') this.ended = true;
    this.side.record(this.channel, this.side.plain(packet));
  }

  pong() {
    if (this.ws && this.transport === 'websocket') this.ws.send('3', () => {});
    else void this.post('3');
  }

  /** Polls, and again after a mere ping, so that a poll that waits goes on waiting. */
  async poll() {
    if (this.polling || !this.sid || this.transport === 'websocket') return;
    this.polling = true;
    for (;;) {
      const answer = await this.#waiting(this.side.request('GET', this.address(), { signal: this.leave.signal }));
      if (answer.status !== 200) {
        this.ended = true;
        this.side.record(this.channel, this.side.answer(answer));
        break;
      }
      // A noop before a close packet says nothing.
      const packets = answer.body.split(SEPARATOR).filter((packet, index, all) => packet !== '6' || all[index + 1] !== '1');
      for (const packet of packets) this.take(packet);
      const rest = packets.filter((packet) => packet !== '2');
      if (this.paused || this.ended || (rest.length > 0 && this.polls !== 'always')) break;
    }
    this.polling = false;
  }

  // A poll that waits does not keep anybody from going on.
  async #waiting(request) {
    this.side.busy -= 1;
    const answer = await request;
    this.side.busy += 1;
    return answer;
  }

  /** Posts after all earlier posts: two at once are a fault of the client. */
  post(body, headers = {}) {
    const asked = this.#posts.then(() => this.side.request('POST', this.address('polling'), {
      body, headers: { 'content-type': 'text/plain;charset=UTF-8', ...headers },
    }));
    this.#posts = asked;
    return asked;
  }

  /** Says packets ({text} or {binary}), in one piece or one by one; the answers to posts are written to `channel`. */
  async say(packets, together, channel) {
    if (this.transport === 'websocket') {
      if (this.ws?.readyState !== this.ws?.OPEN) return this.side.record(channel, 'not open');
      const socket = this.ws._socket;
      if (together) socket.cork();
      for (const { text, binary } of packets) {
        this.ws.send(binary ? Buffer.from(binary) : this.side.filled(text), { binary: Boolean(binary) }, () => {});
      }
      if (together) socket.uncork();
      return undefined;
    }
    const bodies = packets.map(({ text, binary }) => (binary ? `b${Buffer.from(binary).toString('base64')}` : this.side.filled(text)));
    for (const body of together ? [bodies.join(SEPARATOR)] : bodies) {
      this.side.record(channel, this.side.answer(await this.post(body)));
    }
    return undefined;
  }
}
