// A WAMP client for pages like this one: call and subscribe, JSON over WebSocket, no login.

const HELLO = 1, WELCOME = 2, ABORT = 3, GOODBYE = 6, ERROR = 8;
const SUBSCRIBE = 32, SUBSCRIBED = 33, EVENT = 36, CALL = 48, RESULT = 50;

export class WampError extends Error {
  constructor(uri, args = []) {
    super(args.length ? `${uri}: ${args.join(' ')}` : uri);
    this.uri = uri;
  }
}

export class Session {
  #socket;
  #lastRequest = 0;
  #waiting = new Map();
  #listeners = new Map();

  // Join `realm` at the WebSocket address `url`; fails with a WampError.
  static join(url, realm) {
    return new Promise((resolve, reject) => {
      const session = new Session();
      const socket = session.#socket = new WebSocket(url, 'wamp.2.json');
      session.closed = new Promise((done) => { socket.onclose = done; });
      session.closed.then(() => {
        reject(new WampError('closed'));
        session.#waiting.forEach((request) => request.reject(new WampError('closed')));
      });
      socket.onopen = () => session.#send(HELLO, realm, { roles: { caller: {}, subscriber: {} } });
      socket.onmessage = (frame) => {
        const [kind, ...rest] = JSON.parse(frame.data);
        if (kind === WELCOME) resolve(session);
        else if (kind === ABORT) reject(new WampError(rest[1]));
        else session.#receive(kind, rest);
      };
    });
  }

  // Call a procedure; gives its first result.
  async call(procedure, args = [], kwargs = {}) {
    const [, , results = []] = await this.#request(CALL, {}, procedure, args, kwargs);
    return results[0];
  }

  // Subscribe; `listen` is called with (args, kwargs, details) of each event.
  async subscribe(topic, listen, options = {}) {
    const [, subscription] = await this.#request(SUBSCRIBE, options, topic);
    this.#listeners.set(subscription, listen);
  }

  #request(kind, ...rest) {
    const id = ++this.#lastRequest;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send(kind, id, ...rest);
    });
  }

  #send(...message) {
    this.#socket.send(JSON.stringify(message));
  }

  #receive(kind, rest) {
    if (kind === RESULT || kind === SUBSCRIBED) this.#settle(rest[0], 'resolve', rest);
    else if (kind === ERROR) this.#settle(rest[1], 'reject', new WampError(rest[3], rest[4]));
    else if (kind === EVENT) {
      const [subscription, , details, args = [], kwargs = {}] = rest;
      this.#listeners.get(subscription)?.(args, kwargs, details);
    } else if (kind === GOODBYE) {
      this.#send(GOODBYE, {}, 'wamp.close.goodbye_and_out');
      this.#socket.close();
    }
  }

  #settle(id, how, value) {
    this.#waiting.get(id)?.[how](value);
    this.#waiting.delete(id);
  }
}
