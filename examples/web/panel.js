// Every device of the node as a card: its readings as they come, and buttons for what can be switched.

import { Session } from './wamp.js';

const { realm, prefix } = document.body.dataset;
const router = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
const template = document.getElementById('device');
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

function readable(value) {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? Math.round(value * 100) / 100 : value;
}

function card(name, device, session) {
  const section = template.content.cloneNode(true).firstElementChild;
  const list = section.querySelector('dl');
  const error = section.querySelector('.error');
  section.querySelector('.name').textContent = name;
  section.querySelector('.title').textContent = device.title;
  const call = (procedure, args) => session.call(procedure, args)
    .then(() => { error.textContent = ''; }, (failure) => { error.textContent = failure.message; });

  const show = {};
  for (const [channel, { topic, unit, schema, set }] of Object.entries(device.channels)) {
    const label = document.createElement('dt');
    const place = document.createElement('dd');
    label.textContent = channel;
    list.append(label, place);
    if (set && schema.type === 'boolean') {
      const button = document.createElement('button');
      button.onclick = () => call(set, [!button.classList.contains('on')]);
      place.append(button);
      show[topic] = (value) => {
        button.textContent = value === null ? '–' : value ? 'on' : 'off';
        button.classList.toggle('on', value === true);
      };
    } else {
      show[topic] = (value, quality) => {
        place.textContent = value === null ? quality : `${readable(value)}${unit ? ` ${unit}` : ''}`;
        place.classList.toggle('bad', value === null);
      };
    }
    show[topic](null, '–');
  }
  show[device.status_topic] = (state) => { section.querySelector('.dot').className = `dot ${state}`; };
  return [section, show];
}

async function follow(session) {
  const node = await session.call(`${prefix}.sys.describe`);
  const show = {};
  const cards = Object.entries(node.devices).map(([name, device]) => {
    const [section, shown] = card(name, device, session);
    Object.assign(show, shown);
    return section;
  });
  document.title = document.getElementById('node').textContent = node.node;
  document.getElementById('devices').replaceChildren(...cards);

  const hear = ([value], { quality }, { topic }) => show[topic]?.(value, quality);
  await session.subscribe(`${prefix}.`, hear, { match: 'prefix' });
  // Events tell what changes from now on; what is so already has to be asked for.
  const health = await session.call(`${prefix}.sys.health`);
  for (const [name, { state }] of Object.entries(health.devices)) show[`${prefix}.${name}.status`]?.(state);
  for (const device of Object.values(node.devices)) {
    for (const { topic, get } of Object.values(device.channels)) {
      session.call(get).then((value) => show[topic](value, 'bad'), () => {});
    }
  }
}

for (;;) {
  const link = document.getElementById('link');
  try {
    const session = await Session.join(router, realm);
    link.textContent = 'connected';
    link.className = '';
    await follow(session);
    await session.closed;
  } catch (error) {
    console.warn(error.message);
  }
  link.textContent = 'connecting';
  link.className = 'down';
  await pause(1000);
}
