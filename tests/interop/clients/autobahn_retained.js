// The retained part of README.md, played with autobahn-js.
'use strict';
const autobahn = require('autobahn');

const task = JSON.parse(process.argv[2]);
const tell = (step, facts = {}) => console.log(JSON.stringify({ step, ...facts }));
const { JSONSerializer, MsgpackSerializer } = autobahn.serializer;

function join() {
  const serializer = task.serializer === 'json' ? new JSONSerializer() : new MsgpackSerializer();
  const connection = new autobahn.Connection({
    transports: [{ type: 'websocket', url: task.url, serializers: [serializer] }],
    realm: task.realm,
    max_retries: 0,
  });
  return new Promise((resolve) => {
    connection.onopen = (session, details) => resolve({ session, connection, details });
    connection.open();
  });
}

function heard(session, topic, match, count) {
  return new Promise((resolve, reject) => {
    const events = [];
    const onEvent = (args, _kwargs, details) => {
      events.push([details.topic, args[0], details.retained === true]);
      if (events.length === count) resolve(events);
    };
    session.subscribe(topic, onEvent, { match, get_retained: true }).then(
      () => count === 0 && resolve(events),
      reject,
    );
  });
}

async function main() {
  const publisher = await join();
  for (const [topic, value] of task.retain) {
    await publisher.session.publish(topic, [value], {}, { acknowledge: true, retain: true });
  }
  const late = await join();
  const answers = [];
  for (const asked of task.ask) answers.push(await heard(late.session, ...asked));
  tell('heard', { answers, announced: late.details.roles.broker.features.event_retention });
  publisher.connection.close();
  late.connection.close();
  tell('left');
}

main();
