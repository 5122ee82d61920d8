// Where our server may differ from the reference, and why. Whatever is not listed here is a fault.

const ENDS = ['close', '1', 'reset'];
/** Whether the server has ended something; a WebSocket that stays open is closed by the client afterwards. */
const ended = (seen) => !seen.includes('stays open') && seen.some((one) => ENDS.includes(one) || one.status === 400 || one.refused === 400);
const unknown = (one) => (one.status === 400 || one.refused === 400) && code(one.body) === 1;
const alive = (seen) => !ended(seen);
const says = (seen, part) => seen.some((one) => typeof one === 'string' && one.includes(part));

function code(body) {
  try {
    return JSON.parse(body).code;
  } catch {
    return undefined;
  }
}

function message(body) {
  try {
    return JSON.parse(body).message;
  } catch {
    return undefined;
  }
}

/**
 * Single answers and packets that count as the same: `same({step, ours, reference})`. The step is the one that asked, or,
 * of what came unasked, the one at which it came.
 */
export const EQUAL = [
  {
    name: 'refused WebSocket',
    reason: 'A refused WebSocket handshake has the same JSON body as a refused request; the reference sends the bare message.',
    same: ({ ours, reference }) => reference.refused === 400 && ours.refused === 400 && message(ours.body) === reference.body,
  },
  {
    name: 'answer to a post that breaks a rule',
    reason: 'Ours says that something was wrong (400) where it knows in time; the reference ends the session and says "ok".',
    same: ({ step, ours, reference }) =>
      /^(engine|socket): /.test(step.case) && reference.status === 200 && reference.body === 'ok' && ours.status === 400 && code(ours.body) === 3,
  },
  {
    name: 'end of a polling session',
    reason: 'Some clients stay away for good after a close packet; ours ends the poll as if the session were unknown already.',
    same: ({ ours, reference }) => reference === '1' && ours.status === 400 && code(ours.body) === 1,
  },
  {
    name: 'two requests at a time',
    reason: 'The one that is too many is told why; the reference has nothing to say, and cuts the other one.',
    same: ({ step, ours, reference }) =>
      ['double poll', 'double post'].includes(step.kind) && (reference === 'reset' || (reference.status === 400 && reference.body === '')) &&
      ours.status === 400 && code(ours.body) === 3,
  },
  {
    name: 'method that a session does not have',
    reason: 'The client is at fault (400, 405); the reference says 500.',
    same: ({ step, ours, reference }) =>
      step.kind === 'request on the session' && ['PUT', 'DELETE'].includes(step.case) && reference.status === 500 && [400, 405].includes(ours.status),
  },
];

/**
 * What a step may have made of a session: `matches({step, had, ours, reference})`, with everything that was seen since
 * both last agreed. `had` tells whether the session went through a case, since a polling client may learn of an end much
 * later. The script ends there, unless the step is about no session (`goesOn`).
 */
export const ACCEPTED = [
  {
    name: 'packet behind CONNECT',
    reason: 'What comes right behind a CONNECT is worked off after its answer; the reference closes.',
    matches: ({ had, ours, reference }) =>
      had('socket: event behind connect', 'socket: disconnect behind connect') && ended(reference) && alive(ours) && says(ours, '40{'),
  },
  {
    name: 'event before a fault',
    reason: 'What stands in one piece with a fault is answered or not as it happens, at the reference as well.',
    matches: ({ step }) => ['socket: attachment behind a complete event', 'engine: unknown type behind an event'].includes(step.case),
  },
  {
    name: 'what is left of a session',
    reason: 'After a fault ours knows the session no more; the reference keeps it until a poll has fetched what waited and the end.',
    matches: ({ had, ours }) => had(/^(socket|engine): /) && ours.length > 0 && ours.every(unknown),
  },
  {
    name: 'event names',
    reason: 'Names that are reserved in JavaScript, or no strings, or not there, are the application\'s business, which ignores them here; the reference closes.',
    matches: ({ had, ours, reference }) =>
      had('socket: name is reserved', 'socket: name is no string', 'socket: payload is an empty list') && ended(reference) && alive(ours),
  },
  {
    name: 'CONNECT twice at once',
    reason: 'The second one is a fault, as it is a moment later; the reference makes two sockets in one namespace of them.',
    matches: ({ had, ours, reference }) => had('socket: connect twice at once') && ended(ours) && alive(reference),
  },
  {
    name: 'attachments as they came',
    reason: 'The echo passes attachments and placeholders on as they are; the reference leaves out what is not used, and repeats what is used twice.',
    matches: ({ had, ours, reference }) =>
      had('binary event, one attachment unused', 'binary event, one attachment used twice') && alive(ours) && alive(reference) && says(ours, 'message-back'),
  },
  {
    name: 'event without a payload',
    reason: 'Every event has at least a name, so that ours closes; the reference hands nothing to nobody.',
    matches: ({ had, ours, reference }) => had('event without a payload', 'acknowledgement without an id') && ended(ours) && alive(reference),
  },
  {
    name: 'close packet over a WebSocket',
    reason: 'The client says that it leaves; the reference does not look at it, and waits for the WebSocket to be closed.',
    matches: ({ step, ours, reference }) => step.kind === 'close' && ended(ours) && reference.length === 0,
  },
  {
    name: 'body that is no text',
    reason: 'Ours refuses it, as a WebSocket does; the reference puts replacement characters into it.',
    matches: ({ step, ours, reference }) => step.kind === 'odd post' && step.case === 'not UTF-8' && ended(ours) && alive(reference),
  },
  {
    name: 'WebSocket beside a WebSocket',
    reason: 'A session that has a WebSocket takes no other one; the reference does, if the session began with it.',
    goesOn: true,
    matches: ({ step, ours, reference }) =>
      step.kind === 'websocket on the session' && ours.join() === 'close' && reference.join() === 'stays open,close',
  },
  {
    name: 'upgrade without a probe',
    reason: 'A WebSocket has to answer before a session goes over to it; the reference believes it without.',
    matches: ({ step, ours }) => step.kind === 'upgrade' && step.case === 'unprobed' && ours.includes('close'),
  },
  {
    name: 'refused CONNECT',
    reason: 'Without another namespace a refused client has nothing to stay for; the reference waits for the connect timeout.',
    matches: ({ had, ours, reference }) => had('refused connect') && alive(reference) && ended(ours),
  },
  {
    name: 'refused before the upgrade',
    reason: 'What can be refused by status is; the reference opens the WebSocket first and cuts it then.',
    goesOn: true,
    matches: ({ step, ours, reference }) =>
      step.kind === 'websocket handshake' && reference.join() === 'open,close' && ours.length === 1 && ours[0].refused === 400 &&
      (/^EIO/.test(step.case) ? code(ours[0].body) === 5 : step.case === 'the other transport' && code(ours[0].body) === 3),
  },
  {
    name: 'polling behind an Upgrade header',
    reason: 'The address says which transport is meant, whatever header a proxy or client adds; the reference cuts the connection.',
    goesOn: true,
    matches: ({ step, ours, reference }) =>
      step.kind === 'websocket handshake' && step.case === 'the other transport' && reference.join() === 'open,close' &&
      ours.length === 1 && ours[0].refused === 200 && ours[0].body.startsWith('0{'),
  },
  {
    name: 'plain request for a WebSocket',
    reason: 'It is refused; the reference never answers a plain request that names the transport of a WebSocket.',
    goesOn: true,
    matches: ({ step, ours, reference }) =>
      step.kind === 'request on the session' && step.case === 'EIO 3' && reference.join() === 'reset' &&
      ours.length === 1 && ours[0].status === 400 && code(ours[0].body) === 3,
  },
  {
    name: 'much before CONNECT',
    reason: 'Before a CONNECT was accepted, 20 packets or one of more than 64 bytes (a CONNECT: 16 KiB) end the session.',
    matches: ({ had, ours, reference }) =>
      had('many packets before connect', 'large packet before connect', 'large connect') && alive(reference) && ended(ours),
  },
  {
    name: 'no namespace left',
    reason: 'A client that has left every namespace is given the connect timeout to enter one; the reference waits for ever.',
    matches: ({ step, ours, reference }) => step.kind === 'idle' && step.case === 'after leaving' && alive(reference) && ended(ours),
  },
];
