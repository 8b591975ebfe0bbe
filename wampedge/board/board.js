// The board as a page: an ordinary WAMP client of the node. A real board is shown, and not touched.

import { drawHeader } from './header.js';
import { PartCard, readable } from './parts.js';
import { Traffic } from './traffic.js';
import { Session } from './wamp.js';

const PERIOD_MS = 250;
const query = new URLSearchParams(location.search);
const realm = query.get('realm') ?? 'edge', prefix = query.get('prefix');
const router = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
const at = (id) => document.getElementById(id);
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

function tell(text) {
  at('message').hidden = !text;
  at('message').textContent = text;
}

// Where each device is: "gpio:17" to its name, from the words of sys.describe ("GPIO17", "io:3").
function usersOf(devices) {
  const users = {};
  for (const [name, { place }] of Object.entries(devices)) {
    for (const pin of Object.values(place?.pins ?? {})) {
      for (const line of [pin].flat()) users[line.includes(':') ? line : line.replace('GPIO', 'gpio:')] = name;
    }
  }
  return users;
}

// What the pins of a real board should have, as the node says: there is no meter at them.
function levelsSaid(devices, users, values) {
  const pins = {};
  for (const [line, name] of Object.entries(users)) {
    const said = Object.values(devices[name].channels).map(({ topic }) => values[topic]);
    const value = said.find((each) => typeof each === 'boolean' || typeof each === 'number');
    if (value === undefined) continue;
    const duty = typeof value === 'boolean' ? Number(value) : Math.min(1, Math.abs(value));
    pins[line] = { level: duty === 1, duty, is_floating: false, has_conflict: false };
  }
  return pins;
}

function busNames(parts) {
  return Object.fromEntries(Object.entries(parts).map(([name, { bus, target }]) => [`${bus} ${target}`, name]));
}

function showFindings(findings) {
  at('findings').hidden = findings.length === 0;
  at('findings').replaceChildren(...findings.map(({ text, fix }) => {
    const item = document.createElement('li');
    item.textContent = `${text}: `;
    const hint = document.createElement('span');
    hint.className = 'fix';
    hint.textContent = fix;
    item.append(hint);
    return item;
  }));
}

async function follow(session) {
  const node = await session.call(`${prefix}.sys.describe`);
  const parts = await session.call(`${prefix}.sim.describe`).catch(() => null);
  const board = { session, prefix, isSimulated: parts !== null };
  const users = usersOf(node.devices), values = {};
  document.title = at('node').textContent = node.node;
  at('kind').textContent = parts ? 'simulated board' : 'real board, read-only';
  const showPins = drawHeader(at('header'), users);
  at('parts').replaceChildren();
  const cards = Object.fromEntries(Object.entries(node.devices).map(
    ([name, device]) => [name, new PartCard(at('parts'), name, device, parts?.[name], board)],
  ));
  const show = {};
  for (const card of Object.values(cards)) {
    Object.assign(show, card.values);
    show[node.devices[card.name].status_topic] = (state) => card.showStatus(state);
  }
  const hear = (topic, value, quality) => {
    values[topic] = value;
    show[topic]?.(value, quality);
    if (!parts) showPins(levelsSaid(node.devices, users, values));
  };
  await session.subscribe(`${prefix}.`, ([value], { quality }, { topic }) => hear(topic, value, quality), { match: 'prefix' });
  const health = await session.call(`${prefix}.sys.health`);
  for (const [name, { state }] of Object.entries(health.devices)) cards[name]?.showStatus(state);
  for (const device of Object.values(node.devices)) {
    for (const { topic, get } of Object.values(device.channels)) {
      session.call(get).then((value) => { if (!(topic in values)) hear(topic, value, value === null ? 'bad' : 'good'); }, () => {});
    }
  }
  if (parts) await watch(session, new Traffic(at('traffic'), at('transactions'), busNames(parts)), cards, showPins);
  else await session.closed;
}

async function watch(session, traffic, cards, showPins) {
  for (;;) {
    const seen = await session.call(`${prefix}.sim.snapshot`, [traffic.last]);
    at('clock').textContent = new Date(seen.time * 1000).toISOString().replace('T', ' ').slice(0, 19);
    showPins(seen.pins);
    for (const [name, state] of Object.entries(seen.parts)) cards[name]?.showPart(state);
    showFindings(seen.findings);
    traffic.show(seen.transactions);
    await pause(PERIOD_MS);
  }
}

for (;;) {
  try {
    if (!prefix) throw new Error('the address must say ?realm=REALM&prefix=PREFIX: wampedge run --board prints it');
    const session = await Session.join(router, realm);
    at('link').textContent = 'connected';
    at('link').className = '';
    tell('');
    await follow(session);
  } catch (error) {
    tell(error.message === 'closed' ? '' : readable(error.message));
  }
  at('link').textContent = 'connecting';
  at('link').className = 'down';
  await pause(1000);
}
