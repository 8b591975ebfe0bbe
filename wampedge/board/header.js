// The 40-pin header as a picture: who uses which pin, and what level it has.

const SVG = 'http://www.w3.org/2000/svg';
const STEP = 17, LEFT = 150, WIDTH = 380, TOP = 14;

// BCM number of each header pin, or what the pin is else.
const PINS = [
  '3V3', '5V', 2, '5V', 3, 'GND', 4, 14, 'GND', 15, 17, 18, 27, 'GND', 22, 23, '3V3', 24, 10, 'GND',
  9, 25, 11, 8, 'GND', 7, 0, 1, 5, 'GND', 6, 12, 13, 'GND', 19, 16, 26, 20, 'GND', 21,
];
const SUPPLIES = { '3V3': 'supply3', '5V': 'supply5', GND: 'ground' };

function shape(kind, attributes, parent, text) {
  const element = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

// Draw the header; `users` maps a line such as "gpio:17" to the name of its device.
// Returns a function that shows the levels of a snapshot.
export function drawHeader(place, users) {
  const banks = [...new Set(Object.keys(users).map((line) => line.split(':')[0]))].filter((bank) => bank !== 'gpio');
  const expanders = banks.map((bank) => [bank, Object.keys(users).filter((line) => line.startsWith(`${bank}:`))]);
  const height = TOP * 2 + 20 * STEP + expanders.reduce((sum, [, lines]) => sum + (lines.length + 2) * STEP, 0);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${height}`);
  svg.setAttribute('width', WIDTH);
  shape('rect', { x: LEFT - 16, y: 2, width: 112, height: 20 * STEP + 2 * TOP - 4, rx: 6, class: 'pcb' }, svg);
  shape('rect', { x: LEFT + 14, y: TOP - 4, width: 52, height: 20 * STEP + 4, rx: 3, class: 'strip' }, svg);
  const dots = {};
  PINS.forEach((pin, index) => {
    const isRight = index % 2 === 1;
    const x = LEFT + (isRight ? 53 : 27), y = TOP + Math.floor(index / 2) * STEP + STEP / 2;
    const line = `gpio:${pin}`;
    const dot = shape('circle', { cx: x, cy: y, r: 6, class: `pin ${SUPPLIES[pin] ?? 'free'}` }, svg);
    shape('text', { x: x + (isRight ? 17 : -17), y: y + 3, 'text-anchor': 'middle', class: 'number' }, svg, index + 1);
    const name = typeof pin === 'number' ? `GPIO${pin}` : pin;
    const edge = isRight ? LEFT + 102 : LEFT - 22;
    const label = shape('text', { x: edge, y: y + 3, 'text-anchor': isRight ? 'start' : 'end', class: users[line] ? 'user' : 'name' }, svg);
    label.textContent = users[line] ? (isRight ? `${name}  ${users[line]}` : `${users[line]}  ${name}`) : name;
    if (users[line]) dots[line] = [dot, shape('title', {}, dot, name)];
  });
  let y = TOP * 2 + 20 * STEP;
  for (const [bank, lines] of expanders) {
    shape('text', { x: 10, y: y + 10, class: 'user' }, svg, bank);
    y += STEP;
    for (const line of lines) {
      const dot = shape('circle', { cx: 20, cy: y + STEP / 2, r: 6, class: 'pin free' }, svg);
      shape('text', { x: 34, y: y + STEP / 2 + 3 }, svg, `${line.split(':')[1]}  ${users[line]}`);
      dots[line] = [dot, shape('title', {}, dot, line)];
      y += STEP;
    }
    y += STEP;
  }
  place.replaceChildren(svg);

  return (pins) => {
    for (const [line, [dot, title]] of Object.entries(dots)) {
      const pin = pins[line];
      if (!pin) continue;
      const isWave = pin.duty > 0 && pin.duty < 1;
      const state = pin.has_conflict ? 'conflict' : pin.is_floating ? 'floating' : pin.level || isWave ? 'high' : 'low';
      dot.setAttribute('class', `pin ${state}`);
      dot.setAttribute('fill-opacity', isWave ? 0.25 + 0.75 * pin.duty : 1);
      title.textContent = `${line}: ${isWave ? `${Math.round(pin.duty * 100)} %` : state}`;
    }
  };
}
