// The part of README.md, played with autobahn-js.
'use strict';
const autobahn = require('autobahn');

const task = JSON.parse(process.argv[2]);
const tell = (step, facts = {}) => console.log(JSON.stringify({ step, ...facts }));

const { JSONSerializer, MsgpackSerializer, CBORSerializer } = autobahn.serializer;
const SERIALIZERS = { json: JSONSerializer, msgpack: MsgpackSerializer, cbor: CBORSerializer };
const serializer = new SERIALIZERS[task.serializer]();

const login = {};
if (task.ticket) {
  Object.assign(login, { authmethods: ['ticket'], authid: task.authid, onchallenge: () => task.ticket });
} else if (task.secret) {
  Object.assign(login, {
    authmethods: ['wampcra'],
    authid: task.authid,
    onchallenge: (session, method, extra) => autobahn.auth_cra.sign(task.secret, extra.challenge),
  });
}

// Its long-poll wants a browser's XMLHttpRequest, which Node.js does not have.
global.XMLHttpRequest = class {
  open(method, url) { Object.assign(this, { method, url, headers: {} }); }
  setRequestHeader(name, value) { this.headers[name] = value; }
  async send(body) {
    const answer = await fetch(this.url, { method: this.method, headers: this.headers, body });
    this.responseText = await answer.text();
    Object.assign(this, { status: answer.status, statusText: answer.statusText, readyState: 4 });
    this.onreadystatechange();
  }
};

const transport = task.url.startsWith('http')
  ? { type: 'longpoll', url: task.url }
  : { type: 'websocket', url: task.url, serializers: [serializer] };

const connection = new autobahn.Connection({
  transports: [transport],
  realm: task.realm,
  max_retries: 0,
  ...login,
});

connection.onopen = async (session) => {
  tell('joined');
  let wasCalled, hasHeard;
  const called = new Promise((resolve) => { wasCalled = resolve; });
  const heard = new Promise((resolve) => { hasHeard = resolve; });

  await session.register(task.register, (args, kwargs) => {
    tell('called', { args, kwargs });
    wasCalled();
    return new autobahn.Result(args, kwargs);
  });
  tell('registered');
  const subscription = await session.subscribe(task.subscribe, (args, kwargs) => {
    tell('event', { args, kwargs });
    session.unsubscribe(subscription).then(hasHeard);
  });
  tell('subscribed');
  const result = await session.call(task.call, task.args);
  if (result instanceof autobahn.Result) {
    tell('result', { args: result.args, kwargs: result.kwargs });
  } else {
    tell('result', { args: [result], kwargs: {} });
  }
  await session.call(task.missing).catch((error) => tell('error', { uri: error.error }));
  await session.publish(task.publish, task.payload.args, task.payload.kwargs, { acknowledge: true });
  tell('published');
  await called;
  await heard;
  connection.close();
};

connection.onclose = (reason, details) => {
  if (reason === 'closed') {
    tell('left', { reason: details.reason });
    process.exit(0);
  }
  console.error(reason, JSON.stringify(details));
  process.exit(1);
};

connection.open();
