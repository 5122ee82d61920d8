// The page that the guide of the map invitations is written for, with nothing but `ws`.
import WebSocket from 'ws';
import { URL } from './rest.mjs';

const LIMIT_MS = 10_000;

/** What the guide's frontend does: opens the socket, and handles messages by their type. */
export class Frontend {
  #messages = [];
  #waiting = [];

  constructor(token) {
    this.socket = new WebSocket(`${URL.replace('http', 'ws')}/ws/invitations/?token=${token}`);
    this.opened = new Promise((resolve, reject) => { this.socket.onopen = resolve; this.socket.onerror = reject; });
    this.socket.onmessage = ({ data }) => this.#put(JSON.parse(data));
  }

  #put(message) {
    const index = this.#waiting.findIndex((one) => one.type === message.type);
    if (index < 0) this.#messages.push(message);
    else this.#waiting.splice(index, 1)[0].resolve(message);
  }

  /** The first message of this type that nobody has taken yet, waiting for it if need be. */
  next(type, limit = LIMIT_MS) {
    const index = this.#messages.findIndex((one) => one.type === type);
    if (index >= 0) return Promise.resolve(this.#messages.splice(index, 1)[0]);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${type}; untaken: ${JSON.stringify(this.#messages)}`)), limit);
      this.#waiting.push({ type, resolve: (message) => { clearTimeout(timer); resolve(message); } });
    });
  }

  send(message) {
    this.socket.send(JSON.stringify(message));
  }
}

/** What the guide's frontend sends to invite. */
export function invitation(friendshipId, map, receiver = 'Bea') {
  return {
    type: 'game_invitation', friendship_id: friendshipId, map, sender_image: '', receiver_username: receiver,
    timestamp: new Date().toISOString(),
  };
}
