// Stock clients against the real server, whose program RALLYPOINT_SERVER names.
//
//   node clients.mjs [--only proxies|old|sigterm|sigkill|drain] [--make js4|js3|python|browser] [--proxy KIND]
//
// PYTHON names the interpreter that has python-socketio; `python3` if it does not. CHROMIUM names the browser;
// `/usr/bin/chromium` if it does not.
import { parseArgs } from 'node:util';
import { old, proxies } from './bad_networks.mjs';
import { startBrowser, stopBrowser } from './browser.mjs';
import { KINDS } from './proxy.mjs';
import { draining, sigkill, sigterm } from './restarts.mjs';
import { MAKES } from './stock.mjs';

const SCENARIOS = { proxies, old, sigterm, sigkill, drain: draining };

const { values: flags } = parseArgs({
  options: { only: { type: 'string' }, make: { type: 'string' }, proxy: { type: 'string' } },
});
for (const [flag, known] of [['only', Object.keys(SCENARIOS)], ['make', MAKES], ['proxy', KINDS]]) {
  if (flags[flag] && !known.includes(flags[flag])) throw new Error(`--${flag}: one of ${known.join(', ')}`);
}
const options = { makes: flags.make ? [flags.make] : MAKES, kinds: flags.proxy ? [flags.proxy] : KINDS };

function table(rows) {
  const heads = ['scenario', 'client', 'transports', 'through', 'result', 'requests', 'note'];
  const lines = [heads, ...rows.map(({ scenario, make, transports, through, faults, requests, note }) =>
    [scenario, make, transports, through, faults.length > 0 ? faults.join(', ') : 'good', requests, note ?? ''])];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n');
}

if (options.makes.includes('browser')) {
  try {
    await startBrowser();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
const rows = [];
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (flags.only && flags.only !== name) continue;
  const began = Date.now();
  try {
    for (const row of await scenario(options)) rows.push({ scenario: name, ...row });
  } catch (error) {
    rows.push({ scenario: name, make: '', transports: '', through: '', faults: ['broken off'], requests: '', note: String(error.stack ?? error) });
  }
  console.error(`${name}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
}
await stopBrowser();
console.log(table(rows));
const bad = rows.filter(({ faults }) => faults.length > 0).length;
console.log(bad > 0 ? `${bad} of ${rows.length} failed` : `all ${rows.length} good`);
process.exit(bad > 0 ? 1 : 0);
