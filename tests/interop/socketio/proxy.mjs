// TCP proxies on 127.0.0.1 that count the HTTP requests that pass, and spoil things in ways that are met in the wild.
import net from 'node:net';

const SLOW_MS = 200;
const PIECE_BYTES = 1024;
const PIECE_MS = 2;

export const KINDS = ['none', 'reset', 'swallow', 'strip', 'slow'];

/** Cuts a client's bytes into heads and bodies of HTTP requests. */
class Requests {
  #buffer = Buffer.alloc(0);
  #body = 0;
  #chunked = false;

  /** What to send on of these bytes; `onHead` may give a head another text. */
  take(bytes, onHead) {
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    const out = [];
    for (;;) {
      if (this.#body > 0) {
        const part = this.#buffer.subarray(0, this.#body);
        if (part.length === 0) break;
        out.push(part);
        this.#body -= part.length;
        this.#buffer = this.#buffer.subarray(part.length);
      } else if (this.#chunked) {
        const end = this.#buffer.indexOf('0\r\n\r\n');
        if (end < 0) break;
        out.push(this.#buffer.subarray(0, end + 5));
        this.#buffer = this.#buffer.subarray(end + 5);
        this.#chunked = false;
      } else {
        const end = this.#buffer.indexOf('\r\n\r\n');
        if (end < 0) break;
        const head = this.#buffer.subarray(0, end + 4).toString('latin1');
        this.#buffer = this.#buffer.subarray(end + 4);
        this.#body = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        this.#chunked = /^transfer-encoding: *chunked/im.test(head);
        out.push(Buffer.from(onHead(head), 'latin1'));
      }
    }
    return Buffer.concat(out);
  }

  /** What came behind a request that became a WebSocket. */
  rest() {
    const rest = this.#buffer;
    this.#buffer = Buffer.alloc(0);
    return rest;
  }
}

/** Writes in pieces, each of them late, in order. */
function slowly(socket) {
  let free = 0;
  return (bytes, then = () => {}) => {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const due = Math.max(Date.now() + SLOW_MS, free);
      free = due + PIECE_MS;
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      const last = at + PIECE_BYTES >= bytes.length;
      setTimeout(() => { if (!socket.destroyed) socket.write(piece, last ? then : undefined); }, due - Date.now());
    }
  };
}

function connection(client, target, kind, proxy) {
  const server = net.connect(target);
  const ends = [client, server];
  const requests = new Requests();
  const [toServer, toClient] = kind === 'slow' ? [slowly(server), slowly(client)] : [server, client].map((end) => (bytes, then) => end.write(bytes, then));
  let stage = 'http';
  for (const [end, other] of [ends, [server, client]]) {
    proxy.sockets.add(end);
    end.setNoDelay();
    end.on('error', () => {});
    end.on('end', () => (kind === 'slow' ? setTimeout(() => other.end(), SLOW_MS * 2) : other.end()));
    end.on('close', () => {
      proxy.sockets.delete(end);
      if (kind === 'slow') setTimeout(() => other.destroy(), SLOW_MS * 2);
      else other.destroy();
    });
  }
  const onHead = (head) => {
    proxy.requests.push(head.slice(0, head.indexOf(' HTTP/')));
    if (kind !== 'strip') return head;
    return head.replace(/^upgrade:.*\r\n/gim, '').replace(/^connection: *upgrade/gim, 'Connection: keep-alive');
  };
  client.on('data', (bytes) => {
    if (stage === 'swallowed') return;
    toServer(stage === 'websocket' ? bytes : requests.take(bytes, onHead));
  });
  server.on('data', (bytes) => {
    if (stage === 'swallowed') return;
    if (stage === 'websocket' || !bytes.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) return toClient(bytes);
    stage = 'websocket';
    proxy.upgrades += 1;
    const head = bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 4);
    if (kind === 'reset') {
      client.write(head, () => { client.resetAndDestroy(); server.resetAndDestroy(); });
    } else if (kind === 'swallow') {
      stage = 'swallowed';
      client.write(head);
    } else {
      toClient(bytes);
      toServer(requests.rest());
    }
  });
}

/** A proxy of one of KINDS before 127.0.0.1:`port`. */
export async function startProxy(kind, port) {
  const proxy = { kind, requests: [], upgrades: 0, sockets: new Set() };
  let target = { port, host: '127.0.0.1' };
  const listener = net.createServer((client) => connection(client, target, kind, proxy));
  const listen = (at) => new Promise((resolve, reject) => {
    listener.once('error', reject).listen(at, '127.0.0.1', () => resolve(listener.off('error', reject)));
  });
  await listen(0);
  const { port: own } = listener.address();
  proxy.url = `http://127.0.0.1:${own}`;
  proxy.cut = () => proxy.sockets.forEach((socket) => socket.destroy());
  /** Whoever connects from now on is told that nobody listens. */
  proxy.close = () => listener.close();
  proxy.open = async (to) => {
    target = { ...target, port: to };
    if (!listener.listening) await listen(own);
  };
  proxy.stop = () => {
    proxy.close();
    proxy.cut();
  };
  return proxy;
}
