// What passes over the buses: newest first; the same thing again and again is one line.

const LINES = 60;

// What came over a serial line as text, where it is text.
function textOf(hex) {
  const codes = hex.split(' ').filter((pair) => /^[0-9a-f]{2}$/.test(pair)).map((pair) => parseInt(pair, 16));
  const isText = codes.length > 0 && codes.every((code) => (code >= 0x20 && code < 0x7f) || code === 10 || code === 13);
  return isText ? JSON.stringify(String.fromCharCode(...codes)) : hex;
}

export class Traffic {
  // `names` maps "path target" of a bus to the device that is meant.
  constructor(section, body, names) {
    this.body = body;
    this.names = names;
    this.last = 0;
    this.line = null;
    section.hidden = false;
    body.replaceChildren();
  }

  show(transactions) {
    for (const each of transactions) {
      this.last = Math.max(this.last, each.number);
      const key = [each.bus, each.target, each.written, each.read, each.error].join('|');
      if (this.line?.key === key) this.repeat(each);
      else this.add(key, each);
    }
  }

  repeat(each) {
    this.line.times += 1;
    this.line.cells[0].textContent = each.at.toFixed(3);
    this.line.cells[5].textContent = `× ${this.line.times}`;
  }

  add(key, each) {
    const row = document.createElement('tr');
    row.className = each.error ? 'failed' : '';
    const who = this.names[`${each.bus} ${each.target}`];
    const [written, read] = [each.written, each.read].map((hex) => (each.target ? hex : textOf(hex)));
    const texts = [each.at.toFixed(3), each.bus, [who, each.target].filter(Boolean).join(' '), written, each.error ?? read, ''];
    const cells = texts.map((text) => {
      const cell = document.createElement('td');
      cell.textContent = text;
      row.append(cell);
      return cell;
    });
    this.body.prepend(row);
    while (this.body.children.length > LINES) this.body.lastElementChild.remove();
    this.line = { key, cells, times: 1 };
  }
}
