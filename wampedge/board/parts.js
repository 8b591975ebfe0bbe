// A card for each part: what the node says of it, and what a hand at the bench can do to it.

function make(kind, parent, text = '', name = '') {
  const element = document.createElement(kind);
  element.textContent = text;
  if (name) element.className = name;
  parent.append(element);
  return element;
}

export function readable(value) {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : String(value);
}

function pictureOf(shown) {
  if (Array.isArray(shown)) return shown.map((row) => (Array.isArray(row) ? row.map((dot) => (dot ? '#' : ' ')).join('') : row)).join('\n');
  return typeof shown === 'object' ? JSON.stringify(shown) : String(shown);
}

export class PartCard {
  // `device` is of sys.describe, `part` of sim.describe (undefined on a real board).
  constructor(place, name, device, part, board) {
    this.board = board;
    this.name = name;
    this.values = {};
    this.sliders = {};
    this.section = make('section', place, '', 'part');
    this.section.dataset.device = name;
    const title = make('h2', this.section);
    this.dot = make('span', title, '', 'dot');
    make('span', title, name);
    this.lamp = make('span', title, '', 'lamp');
    this.lamp.hidden = true;
    make('small', title, device.driver);
    make('p', this.section, device.title, 'title');
    const list = make('dl', this.section);
    for (const [channel, facts] of Object.entries(device.channels)) this.addChannel(list, channel, facts);
    this.shown = make('pre', this.section);
    this.shown.hidden = true;
    if (part) this.addHands(part);
    this.error = make('p', this.section, '', 'error');
  }

  addChannel(list, channel, { topic, unit, schema, set }) {
    make('dt', list, channel);
    const place = make('dd', list);
    if (set && schema.type === 'boolean' && this.board.isSimulated) {
      const button = make('button', place, '–');
      button.onclick = () => this.order(set, [!button.classList.contains('on')]);
      this.values[topic] = (value) => {
        button.textContent = value === null ? '–' : value ? 'on' : 'off';
        button.classList.toggle('on', value === true);
      };
    } else {
      this.values[topic] = (value, quality) => {
        place.textContent = value === null ? quality : `${readable(value)}${unit ? ` ${unit}` : ''}`;
        place.classList.toggle('bad', quality === 'bad');
      };
    }
  }

  addHands(part) {
    const hands = make('div', this.section, '', 'hands');
    for (const [channel, range] of Object.entries(part.senses)) this.addSlider(hands, channel, range);
    if (part.is_contact) {
      const row = make('div', hands, '', 'row');
      const button = make('button', row, 'press', 'press');
      button.onpointerdown = () => this.hand('press');
      button.onpointerup = button.onpointercancel = () => this.hand('let_go');
      make('button', row, 'click', 'click').onclick = () => this.hand('pulse');
    }
    const kinds = Object.keys(part.faults);
    if (!kinds.length) return;
    const row = make('div', hands, '', 'row');
    const choice = make('select', row);
    for (const kind of kinds) make('option', choice, kind).title = part.faults[kind];
    make('button', row, 'fault', 'fault').onclick = () => this.hand('fault', [choice.value, 1000000]);
    make('button', row, 'mend', 'mend').onclick = () => this.hand('clear');
    this.pending = make('small', row);
  }

  addSlider(hands, channel, { low, high, unit }) {
    const label = make('label', hands, channel);
    const slider = make('input', label);
    Object.assign(slider, { type: 'range', min: low, max: high, step: (high - low) / 1000 });
    slider.dataset.channel = channel;
    const told = make('output', label);
    slider.oninput = () => this.hand('set', [channel, Number(slider.value)]);
    slider.ondblclick = () => this.hand('release', [channel]);
    slider.title = 'drag to hold the value; double click to let it go';
    this.sliders[channel] = (value) => {
      if (document.activeElement !== slider || !slider.matches(':active')) slider.value = value;
      told.textContent = `${readable(value)} ${unit}`;
    };
  }

  hand(what, more = []) { return this.order(`${this.board.prefix}.sim.${what}`, [this.name, ...more]); }

  order(procedure, args) {
    return this.board.session.call(procedure, args)
      .then(() => { this.error.textContent = ''; }, (failure) => { this.error.textContent = failure.message; });
  }

  showStatus(state) { this.dot.className = `dot ${state}`; this.dot.title = state; }

  showPart({ senses, faults, power, shown }) {
    for (const [channel, value] of Object.entries(senses)) this.sliders[channel]?.(value);
    this.section.classList.toggle('faulty', faults.length > 0);
    if (this.pending) this.pending.textContent = faults.join(', ');
    if (power !== undefined) {
      this.lamp.hidden = false;
      this.lamp.style.opacity = 0.12 + 0.88 * Math.min(1, Math.abs(power));
      this.lamp.title = `power ${readable(power)}`;
    }
    this.shown.hidden = shown === undefined;
    if (shown !== undefined) this.shown.textContent = pictureOf(shown);
  }
}
