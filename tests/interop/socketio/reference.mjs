// The reference implementation as a server: npm's socket.io and engine.io, saying what the Rust example `echo` says.
import http from 'node:http';
import { parseArgs } from 'node:util';
import { Server as EngineServer } from 'engine.io';
import { Server } from 'socket.io';

const { values } = parseArgs({
  options: {
    listen: { type: 'string', default: '127.0.0.1:3000' },
    'ping-interval-ms': { type: 'string', default: '300' },
    'ping-timeout-ms': { type: 'string', default: '200' },
    'max-payload': { type: 'string', default: '1000000' },
    'connect-timeout-ms': { type: 'string', default: '1000' },
  },
});

function number(flag) {
  const value = Number(values[flag]);
  if (!Number.isInteger(value) || value <= 0) throw new Error(`--${flag}: ${values[flag]} is no positive number`);
  return value;
}

const engineOptions = {
  pingInterval: number('ping-interval-ms'),
  pingTimeout: number('ping-timeout-ms'),
  maxHttpBufferSize: number('max-payload'),
  cors: { origin: '*' },
};

const server = http.createServer((_, answer) => answer.writeHead(404).end());

const engine = new EngineServer(engineOptions);
engine.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
engine.attach(server, { path: '/engine.io/', destroyUpgrade: false });

const io = new Server(server, {
  ...engineOptions,
  path: '/socket.io/',
  serveClient: false,
  connectTimeout: number('connect-timeout-ms'),
  destroyUpgrade: false,
});
for (const name of ['/', '/custom']) {
  const namespace = io.of(name);
  namespace.on('connection', (socket) => {
    socket.emit('auth', socket.handshake.auth);
    // An acknowledgement that was asked for comes as a last argument, and would be sent on as a question of ours.
    socket.on('message', (...args) => socket.emit('message-back', ...args.filter((arg) => typeof arg !== 'function')));
    socket.on('message-with-ack', (...args) => {
      const acknowledge = args.pop();
      if (typeof acknowledge === 'function') acknowledge(...args);
    });
    socket.on('relay', (target, payload) => namespace.sockets.get(target)?.emit('relayed', payload));
  });
}

// Neither of the two above takes an upgrade elsewhere, and each leaves it to the other.
server.on('upgrade', ({ url }, socket) => {
  if (!url.startsWith('/engine.io/') && !url.startsWith('/socket.io/')) socket.destroy();
});

const [host, port] = values.listen.split(':');
server.listen(Number(port), host, () => console.log(`listening on ${host}:${server.address().port}`));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
