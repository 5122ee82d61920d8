// Puts two servers through the same scripts, and tells where a client would see a difference.
//
//   node differential.mjs --ours URL [--reference URL] [--seeds 1-200] [--connect-timeout-ms 1000] [--show]
//
// Both have to have the same timings, and long ones, since a script should not race them, nor one of them another: start
// ours with --ping-interval-ms 1300 --ping-timeout-ms 900. Without --reference the reference is started here, with the
// timings of ours. `--show` writes what both saw.
import { parseArgs } from 'node:util';
import { ACCEPTED, EQUAL } from './differences.mjs';
import { Side, until } from './raw.mjs';
import { startReference } from './reference_process.mjs';
import { write } from './script.mjs';
import { perform } from './steps.mjs';

const AT_ONCE = 6;
const QUIET_MS = 20;
const FETCH_MS = 60;
/** Silence on both sides after which they will not agree any more. */
const GIVE_UP_MS = 600;
const LIMIT_MS = 4_000;
const REPLAYS = 2;

const { values: flags } = parseArgs({
  options: {
    ours: { type: 'string' },
    reference: { type: 'string' },
    seeds: { type: 'string', default: '1-200' },
    'connect-timeout-ms': { type: 'string', default: '1000' },
    show: { type: 'boolean', default: false },
  },
});
if (!flags.ours) throw new Error('--ours names no server');
const connectTimeout = Number(flags['connect-timeout-ms']);

/** Which rules were used, and how often. */
const used = new Map();
const count = ({ name }) => used.set(name, (used.get(name) ?? 0) + 1);

function equal(step, ours, reference) {
  if (JSON.stringify(ours) === JSON.stringify(reference)) return true;
  if (ours === undefined || reference === undefined) return false;
  return EQUAL.some((rule) => rule.same({ step, ours, reference }));
}

/** The first difference of each channel after what was `agreed`: [{channel, ours, reference}], each side from there on. */
function compare([ours, reference], steps, current, agreed) {
  const found = [];
  for (const channel of new Set([...ours.log.keys(), ...reference.log.keys()])) {
    const from = agreed.get(channel) ?? 0;
    const [left, right] = [ours, reference].map((side) => (side.log.get(channel) ?? []).slice(from));
    const step = steps[/^step (\d+)/.exec(channel)?.[1] ?? current];
    const at = Array.from({ length: Math.max(left.length, right.length) }).findIndex((_, index) => !equal(step, left[index], right[index]));
    if (at >= 0) found.push({ channel, ours: left.slice(at), reference: right.slice(at) });
  }
  return found;
}

/** Which packets one poll brings is a matter of time: whoever has seen fewer asks for the rest. Whether anybody does. */
function fetchRest(sides, found) {
  let asks = false;
  for (const { channel, ours, reference } of found) {
    const [side, behind] = ours.length < reference.length ? [sides[0], ours] : [sides[1], reference];
    const session = side.sessions.find((one) => one.channel === channel);
    if (behind.length > 0 || session?.polls !== 'asked' || session.ended || session.polling || session.transport !== 'polling') continue;
    asks = true;
    side.changed = Date.now();
    void session.poll();
  }
  return asks;
}

function agree([ours], agreed) {
  for (const [channel, seen] of ours.log) if (agreed.get(channel) !== Infinity) agreed.set(channel, seen.length);
}

/** Plays a script; what both saw, and the differences that no rule covers. */
async function play(script) {
  const sides = [flags.ours, flags.reference].map((url) => Object.assign(new Side(url), { connectTimeout }));
  const agreed = new Map();
  const quiet = (ms) => Date.now() - Math.max(...sides.map((side) => side.changed)) >= ms;
  const result = { sides, done: 0 };
  for (const [index, step] of script.steps.entries()) {
    for (const side of sides) side.changed = Date.now();
    await Promise.all(sides.map((side) => perform(side, step, index)));
    const differences = () => compare(sides, script.steps, index, agreed);
    const done = () => sides.every((side) => side.busy <= 0) && quiet(QUIET_MS) && differences().length === 0;
    for (let asks = true; asks; asks = !done() && fetchRest(sides, differences())) {
      await until(() => done() || quiet(FETCH_MS), LIMIT_MS);
    }
    await until(() => done() || quiet(GIVE_UP_MS), LIMIT_MS);
    result.done = index + 1;
    const found = differences();
    if (found.length === 0) {
      agree(sides, agreed);
      continue;
    }
    const [ours, reference] = ['ours', 'reference'].map((side) => found.flatMap((one) => one[side]));
    const earlier = script.steps.slice(0, index + 1);
    const session = earlier.slice(Math.max(0, earlier.findLastIndex(({ kind }) => kind === 'open')));
    const had = (...cases) => session.some((one) => cases.some((name) => (name.test ? name.test(one.case) : name === one.case)));
    const rule = ACCEPTED.find(({ matches }) => matches({ step, had, ours, reference }));
    if (rule) count(rule);
    if (rule?.goesOn) found.forEach(({ channel }) => agreed.set(channel, Infinity));
    else {
      result.difference = rule ? undefined : { index, step, found };
      break;
    }
  }
  for (const side of sides) side.end();
  return result;
}

function tell(script, { index, step, found }) {
  console.log(`seed ${script.seed} (${script.plot}), step ${index}: ${JSON.stringify(step).slice(0, 300)}`);
  for (const { channel, ours, reference } of found) {
    const short = (seen) => JSON.stringify(seen).slice(0, 600);
    console.log(`  ${channel}\n    ours:      ${short(ours)}\n    reference: ${short(reference)}`);
  }
}

flags.reference ??= (await startReference(flags.ours, connectTimeout)).url;
const [from, to = from] = flags.seeds.split('-').map(Number);
const waiting = Array.from({ length: to - from + 1 }, (_, index) => from + index);
const doubtful = [];
let steps = 0;

async function worker() {
  for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
    const script = write(seed);
    const result = await play(script);
    steps += result.done;
    if (flags.show) {
      script.steps.forEach((step, index) => console.log(`seed ${seed} step ${index}: ${JSON.stringify(step).slice(0, 200)}`));
      for (const side of result.sides) console.log(side.url, JSON.stringify(side.written(), null, 1));
    }
    if (result.difference) doubtful.push([script, result.difference]);
  }
}

const began = Date.now();
await Promise.all(Array.from({ length: AT_ONCE }, worker));

// Alone, a script is not disturbed by others: what is no matter of luck shows again.
let failed = 0;
for (const [script, once] of doubtful) {
  let difference;
  for (let replay = 0; replay < REPLAYS && !difference; replay += 1) ({ difference } = await play(script));
  if (difference) {
    failed += 1;
    tell(script, difference);
  } else {
    console.log(`not seen again in ${REPLAYS} replays, and not counted:`);
    tell(script, once);
  }
}
for (const [name, times] of used) console.log(`accepted ${times} times: ${name}`);
console.log(`${to - from + 1} seeds, ${steps} steps, ${((Date.now() - began) / 1000).toFixed(1)} s: ${failed} with differences`);
process.exit(failed > 0 ? 1 : 0);
