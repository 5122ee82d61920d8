// Chromium, with pages that have the stock client in them. They come from an origin of their own, as a game's page does.
import { accessSync, constants, readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const START_MS = 30_000;

const FOLDER = dirname(createRequire(import.meta.url).resolve('socket.io-client/package.json'));
const FILES = {
  '/': ['text/html', '<!doctype html><title>client</title><script src="/client.js"></script>'],
  '/client.js': ['text/javascript', readFileSync(join(FOLDER, 'dist/socket.io.min.js'))],
};

let running;

function servePages() {
  const server = http.createServer(({ url }, answer) => {
    const [type, body] = FILES[url] ?? [];
    if (type) answer.writeHead(200, { 'content-type': type }).end(body);
    else answer.writeHead(404).end();
  });
  return new Promise((resolve, reject) => server.on('error', reject).listen(0, '127.0.0.1', () => resolve(server)));
}

/** One process for all pages. */
export async function startBrowser() {
  try {
    accessSync(PROGRAM, constants.X_OK);
  } catch {
    throw new Error(`no browser at ${PROGRAM}: install Debian's package chromium, or name another one with CHROMIUM`);
  }
  const [server, browser] = await Promise.all([
    servePages(),
    chromium.launch({ executablePath: PROGRAM, headless: true, args: ['--no-sandbox'], timeout: START_MS }),
  ]);
  running = { server, browser, url: `http://127.0.0.1:${server.address().port}/` };
}

export async function stopBrowser() {
  await running?.browser.close();
  running?.server.close();
}

/** A page that shares no connections with others, and what it has to say. */
export async function openPage(url, options, tell) {
  const context = await running.browser.newContext();
  const page = await context.newPage();
  page.on('pageerror', (error) => tell('pageerror', { reason: error.message }));
  page.on('crash', () => tell('crash', { reason: 'the page crashed' }));
  await page.exposeFunction('tell', tell);
  await page.goto(running.url);
  await page.evaluate(([target, settings]) => {
    const { io, tell: say } = window;
    const socket = io(target, settings);
    socket.on('connect', () => say('connect', {}));
    socket.on('disconnect', (reason) => say('disconnect', { reason }));
    socket.on('connect_error', (error) => say('connect_error', { reason: error.message }));
    socket.onAny((name, payload) => say('event', { name, payload }));
    window.socket = socket;
  }, [url, options]);
  return {
    emit: (name, payload) => page.evaluate((args) => { window.socket.emit(...args); }, [name, payload]),
    close: () => context.close(),
  };
}
