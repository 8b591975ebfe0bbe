// The part of README.md, played with wampy.js.
'use strict';
const { Wampy } = require('wampy');
const { JsonSerializer } = require('wampy/JsonSerializer.js');
const { MsgpackSerializer } = require('wampy/MsgpackSerializer.js');
const { CborSerializer } = require('wampy/CborSerializer.js');
const { w3cwebsocket } = require('websocket');

const SERIALIZERS = { json: JsonSerializer, msgpack: MsgpackSerializer, cbor: CborSerializer };
const task = JSON.parse(process.argv[2]);
// Its MessagePack reads integers over 32 bits as BigInt, which JSON cannot write.
const plain = (key, value) => (typeof value === 'bigint' ? Number(value) : value);
const tell = (step, facts = {}) => console.log(JSON.stringify({ step, ...facts }, plain));
const payloadOf = ({ argsList, argsDict }) => ({ args: argsList || [], kwargs: argsDict || {} });

async function login() {
  if (task.ticket) {
    return { authmethods: ['ticket'], authid: task.authid, onChallenge: () => task.ticket };
  }
  if (task.secret) {
    // Its CommonJS build is an ES module by another name, which require() refuses.
    const { sign } = await import(require.resolve('wampy/wampcra.js'));
    return { authmethods: ['wampcra'], authid: task.authid, onChallenge: sign(task.secret) };
  }
  return {};
}

async function play() {
  const session = new Wampy(task.url, {
    realm: task.realm,
    ws: w3cwebsocket,
    serializer: new SERIALIZERS[task.serializer](),
    maxRetries: 0,
    ...(await login()),
  });
  let wasCalled, hasHeard;
  const called = new Promise((resolve) => { wasCalled = resolve; });
  const heard = new Promise((resolve) => { hasHeard = resolve; });

  await session.connect();
  tell('joined');
  await session.register(task.register, (invocation) => {
    tell('called', payloadOf(invocation));
    wasCalled();
    return { argsList: invocation.argsList, argsDict: invocation.argsDict };
  });
  tell('registered');
  let isFirst = true;
  await session.subscribe(task.subscribe, (event) => {
    if (isFirst) tell('event', payloadOf(event));
    isFirst = false;
    hasHeard();
  });
  tell('subscribed');
  tell('result', payloadOf(await session.call(task.call, task.args)));
  await session.call(task.missing).catch((error) => tell('error', { uri: error.errorUri }));
  await session.publish(task.publish, { argsList: task.payload.args, argsDict: task.payload.kwargs });
  tell('published');
  await called;
  await heard;
  await session.disconnect();
  tell('left');
  process.exit(0);
}

play().catch((error) => {
  console.error(error);
  process.exit(1);
});
