// The meta part of README.md, played with autobahn-js.
'use strict';
const autobahn = require('autobahn');

const task = JSON.parse(process.argv[2]);
const tell = (step, facts = {}) => console.log(JSON.stringify({ step, ...facts }));

const { JSONSerializer, MsgpackSerializer } = autobahn.serializer;
const EVENTS = [
  'session.on_join', 'session.on_leave',
  'subscription.on_create', 'subscription.on_subscribe',
  'subscription.on_unsubscribe', 'subscription.on_delete',
  'registration.on_create', 'registration.on_register',
  'registration.on_unregister', 'registration.on_delete',
];

function join() {
  const serializer = task.serializer === 'json' ? new JSONSerializer() : new MsgpackSerializer();
  const connection = new autobahn.Connection({
    transports: [{ type: 'websocket', url: task.url, serializers: [serializer] }],
    realm: task.realm,
    max_retries: 0,
  });
  const left = new Promise((resolve) => {
    connection.onclose = (_reason, details) => {
      resolve({ reason: details.reason, message: details.message });
      return true;
    };
  });
  return new Promise((resolve) => {
    connection.onopen = (session) => resolve({ session, left });
    connection.open();
  });
}

async function lookAround(ask, refusal, subject) {
  const [topic, procedure] = ['com.meta.topic', 'com.meta.procedure'];
  const subscription = await subject.subscribe(topic, () => {}, { match: 'prefix' });
  const registration = await subject.register(procedure, () => {}, { invoke: 'roundrobin' });
  tell('asked', {
    subject: subject.id,
    count: await ask('session.count'),
    listed: (await ask('session.list')).includes(subject.id),
    get: await ask('session.get', [subject.id]),
    subscription: subscription.id,
    subscription_lists: await ask('subscription.list'),
    subscription_lookup: await ask('subscription.lookup', [topic, { match: 'prefix' }]),
    subscription_match: await ask('subscription.match', [`${topic}.x`]),
    subscription_get: await ask('subscription.get', [subscription.id]),
    subscribers: await ask('subscription.list_subscribers', [subscription.id]),
    subscriber_count: await ask('subscription.count_subscribers', [subscription.id]),
    registration: registration.id,
    registration_lists: await ask('registration.list'),
    registration_lookup: await ask('registration.lookup', [procedure]),
    registration_match: await ask('registration.match', [procedure]),
    registration_get: await ask('registration.get', [registration.id]),
    callees: await ask('registration.list_callees', [registration.id]),
    callee_count: await ask('registration.count_callees', [registration.id]),
    nothing: [
      await ask('subscription.match', ['com.meta.unheard']),
      await ask('registration.lookup', ['com.meta.unheard']),
    ],
    refusals: [
      await refusal('session.get', 1),
      await refusal('session.kill', 1),
      await refusal('subscription.get', 999999),
      await refusal('registration.get', 999999),
    ],
  });
}

async function main() {
  const { session: watcher } = await join();
  const ask = (procedure, args, kwargs) => watcher.call(`wamp.${procedure}`, args, kwargs);
  const refusal = (procedure, id) => ask(procedure, [id]).catch((error) => error.error);
  const events = [];
  let wake = () => {};
  for (const name of EVENTS) {
    await watcher.subscribe(`wamp.${name}`, (args) => { events.push([name, args]); wake(); });
  }
  const until = async (name, id) => {
    for (;;) {
      const found = events.find(([each, args]) => each === name && (args[0].session || args[0]) === id);
      if (found) return found[1];
      await new Promise((resolve) => { wake = resolve; });
    }
  };
  tell('joined');

  const { session: subject, left: gone } = await join();
  const id = subject.id;  // gone with its session
  await lookAround(ask, refusal, subject);
  let inherit;
  const will = new Promise((resolve) => { inherit = resolve; });
  await watcher.subscribe('com.meta.lost', (args, kwargs) => inherit([args, kwargs]));
  await subject.call('wamp.session.add_testament', ['com.meta.lost', ['gone'], { why: 'killed' }]);
  await ask('session.kill', [id], { reason: 'com.meta.enough', message: 'go' });
  const goodbye = await gone;
  const left = await until('session.on_leave', id);
  const last = await until('registration.on_delete', id);
  await until('subscription.on_delete', id);
  const told = events.filter(([name]) => name !== 'session.on_leave');
  tell('ended', { goodbye, left, last, events: told, will: await will });
  process.exit(0);
}

main();
