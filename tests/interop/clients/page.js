// The part of a web page, played with autobahn in a browser; what it heard it publishes.
'use strict';

const asked = new URLSearchParams(location.search);
const transport = asked.get('transport') === 'longpoll'
  ? { type: 'longpoll', url: `http://${location.host}/lp` }
  : {
    type: 'websocket',
    url: `ws://${location.host}/ws`,
    serializers: asked.get('serializer') === 'msgpack'
      ? [new autobahn.serializer.MsgpackSerializer()]
      : [new autobahn.serializer.JSONSerializer()],
  };
const connection = new autobahn.Connection({
  realm: asked.get('realm'), transports: [transport], max_retries: 0,
});

connection.onopen = async (session) => {
  await session.register('com.page.echo', (args, kwargs) => new autobahn.Result(args, kwargs));
  let hasHeard;
  const news = new Promise((resolve) => { hasHeard = resolve; });
  await session.subscribe('com.page.news', (args) => hasHeard(args));
  const sum = await session.call('com.test.add', [20, 22]);
  const missing = await session.call('com.test.missing').catch((error) => error.error);
  await session.publish('com.page.ready', [sum, missing], {}, { acknowledge: true });
  const heard = await news;
  document.getElementById('told').textContent = heard.join(' ');
  await session.publish('com.page.heard', heard, {}, { acknowledge: true });
};

connection.open();
