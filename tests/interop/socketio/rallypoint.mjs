// The Rallypoint server as a process, and players who ask it by REST.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { until } from './raw.mjs';

const SECRET = 'a secret for tests, and for nothing else';
const READY_MS = 10_000;
const LIMIT_MS = 10_000;

/** A port that nobody has just now. Servers come back on the same one, so that it cannot be left to them. */
async function freePort() {
  const listener = net.createServer();
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

export class Rallypoint {
  static async start() {
    if (!process.env.RALLYPOINT_SERVER) throw new Error('RALLYPOINT_SERVER names no program');
    const server = new Rallypoint();
    server.folder = mkdtempSync(join(tmpdir(), 'rallypoint-'));
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    server.onExit = () => { server.child?.kill('SIGKILL'); rmSync(server.folder, { recursive: true, force: true }); };
    process.on('exit', server.onExit);
    await server.run();
    return server;
  }

  /** Starts the process, and waits until it serves. */
  async run() {
    const args = [
      '--listen', `127.0.0.1:${this.port}`, '--game-listen', '127.0.0.1:0', '--jwt-secret', SECRET, '--limits', 'off',
      '--database', `sqlite://${join(this.folder, 'test.db')}`, '--log', 'warn',
    ];
    this.child = spawn(process.env.RALLYPOINT_SERVER, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.log = '';
    this.child.stderr.on('data', (text) => { this.log = (this.log + text).slice(-4_000); });
    const { child } = this;
    child.ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
    child.ended.then(() => { child.hasEnded = true; });
    let ready = false;
    const look = async () => { ready = (await this.call('GET', '/ready').catch(() => ({ status: 0 }))).status === 200; };
    const deadline = Date.now() + READY_MS;
    while (!ready && !child.hasEnded && Date.now() < deadline) {
      await look();
      if (!ready) await new Promise((resolve) => setTimeout(resolve, 25));
    }
    if (!ready) throw new Error(`the server does not start:\n${this.log}`);
  }

  /** Sends a signal and waits for the end: how long it took, and the status. */
  async end(signal) {
    const began = Date.now();
    this.child.kill(signal);
    const status = await this.child.ended;
    return { ms: Date.now() - began, status };
  }

  async restart(signal, pauseMs) {
    const { status } = await this.end(signal);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    await this.run();
    return status;
  }

  async stop() {
    await this.end('SIGKILL');
    process.off('exit', this.onExit);
    rmSync(this.folder, { recursive: true, force: true });
  }

  async call(method, path, { token, body } = {}) {
    const headers = { 'content-type': 'application/json' };
    if (token) headers.authorization = `Bearer ${token}`;
    const answer = await fetch(this.url + path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await answer.text();
    let json = null;
    try { json = JSON.parse(text); } catch { /* an answer without a body, or of somebody else */ }
    return { status: answer.status, body: json };
  }

  async expect(status, method, path, options) {
    const answer = await this.call(method, path, options);
    if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async guest(name) {
    const { user, access_token: token } = await this.expect(201, 'POST', '/auth/guest', { body: { display_name: name } });
    return { id: user.id, token };
  }

  /** A guest with a session, who invites. */
  async host(options = {}) {
    const host = await this.guest('Host');
    const session = await this.expect(201, 'POST', '/sessions', { token: host.token, body: { max_players: 2, ...options } });
    return { ...host, code: session.session_code, game: session.game_id };
  }

  /** Invites: the id, or nothing where the receiver is not there. */
  async invite(host, receiver) {
    const body = { receiver_id: receiver.id, session_code: host.code };
    const answer = await this.call('POST', '/invite/send', { token: host.token, body });
    return answer.status === 201 ? answer.body.invite_id : undefined;
  }

  async cancel(host, invite) {
    await this.call('POST', '/invite/cancel', { token: host.token, body: { invite_id: invite } });
  }

  async online(watcher, receivers) {
    const ids = receivers.map(({ id }) => id).join(',');
    const entries = await this.expect(200, 'GET', `/presence?user_ids=${ids}`, { token: watcher.token });
    return new Map(entries.map((entry) => [entry.user_id, entry.online]));
  }

  /** A match that runs until its players leave: how to make them leave. */
  async match() {
    const host = await this.host({ open: true, options: { score_to_win: 20, game_speed: 'slow' } });
    const other = await this.guest('Other');
    await this.expect(200, 'POST', `/sessions/${host.code}/join`, { token: other.token, body: {} });
    let active = 0;
    const sockets = [host, other].map((player) => {
      const socket = new WebSocket(`${this.url.replace('http', 'ws')}/ws/game/${host.game}/?token=${player.token}`);
      socket.on('error', () => {});
      socket.on('message', (data) => {
        const { type, state, ball } = JSON.parse(data);
        if (type === 'game_start') active += 1;
        if (type === 'game_state' && state === 'waiting_for_ready') socket.send(JSON.stringify({ type: 'player_ready' }));
        if (type === 'game_state' && state === 'active') socket.send(JSON.stringify({ type: 'player_move', movement: { y: ball.y } }));
      });
      return socket;
    });
    if (!(await until(() => active === 2, LIMIT_MS))) throw new Error('the match does not begin');
    return () => sockets.forEach((socket) => socket.readyState === socket.OPEN && socket.send(JSON.stringify({ type: 'player_leave' })));
  }
}
