// The reference as a process of its own, with the timings of the server that it is compared with.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';

/** pingInterval, pingTimeout and maxPayload, as the server says them itself. */
async function timings(url) {
  const text = await new Promise((resolve, reject) => {
    http.get(`${url}/socket.io/?EIO=4&transport=polling`, (answer) => {
      let body = '';
      answer.on('data', (chunk) => { body += chunk; });
      answer.on('end', () => resolve(body));
    }).on('error', reject);
  });
  return JSON.parse(text.slice(1));
}

/** {url, port, start, stop}. Each start is at another port. */
export async function startReference(ours, connectTimeoutMs) {
  const { pingInterval, pingTimeout, maxPayload } = await timings(ours);
  const options = {
    'listen': '127.0.0.1:0', 'ping-interval-ms': pingInterval, 'ping-timeout-ms': pingTimeout, 'max-payload': maxPayload,
    'connect-timeout-ms': connectTimeoutMs,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const program = new URL('reference.mjs', import.meta.url).pathname;
  let child;
  const reference = {
    async start() {
      child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = await once(child.stdout, 'data');
      reference.url = String(line).trim().replace('listening on ', 'http://');
      reference.port = Number(new URL(reference.url).port);
    },
    async stop(signal = 'SIGTERM') {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
  process.on('exit', () => child?.kill());
  await reference.start();
  return reference;
}
