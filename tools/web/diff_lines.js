// Both sides of a file beside each other, with the numbers of every line.
'use strict';

// Lines around those with some of it, or that differ, that are shown.
const CONTEXT_LINES = 3;

// [{base, new, fate}] line numbers, 0 = not there, in the order of the new text;
// what vanished stands behind the line of the base that was before it.
function alignedRows(file) {
  const rows = [], vanished = new Map();
  const used = new Set(file.origin.map(Math.abs));
  let before = 0;
  for (let line = 1; line <= file.base.length; line++)
    if (used.has(line))
      before = line;
    else
      vanished.set(before, [...(vanished.get(before) || []), line]);
  const putVanished = line => {
    for (const gone of vanished.get(line) || [])
      rows.push({base: gone, new: 0, fate: 'gone'});
    vanished.delete(line);
  };
  putVanished(0);
  for (let line = 1; line <= file.new.length; line++) {
    const origin = file.origin[line - 1] || 0;
    rows.push({base: Math.abs(origin), new: line,
      fate: !origin ? 'added' : origin < 0 ? 'edited' : ''});
    if (origin)
      putVanished(Math.abs(origin));
  }
  for (const rest of [...vanished.keys()])
    putVanished(rest);
  return rows;
}

function sideOf(lines, path) {
  return {path, text: lines.map((text, i) => [i + 1, text])};
}

function drawFile(file) {
  const nodes = new Map();
  for (const node of report.nodes)
    if (node.view === 'line' && (node.new?.file || node.base?.file) ===
        (node.new ? file.new_path : file.base_path))
      nodes.set(node.new ? `+${node.new.line}` : `-${node.base.line}`, node);
  const base = sideOf(file.base, file.base_path), next = sideOf(file.new, file.new_path);
  const rows = alignedRows(file);
  const nodeOf = row => nodes.get(row.new ? `+${row.new}` : `-${row.base}`);
  const shown = new Uint8Array(rows.length);
  rows.forEach((row, i) => {
    if (nodeOf(row) || row.fate)
      shown.fill(1, Math.max(0, i - CONTEXT_LINES), i + CONTEXT_LINES + 1);
  });
  const body = element('tbody');
  let hidden = 0;
  const putGap = () => {
    if (hidden)
      body.append(element('tr', {class: 'gap'}, element('td', {colspan: '10'},
        plural(hidden, 'line'))));
    hidden = 0;
  };
  rows.forEach((row, i) => {
    if (!shown[i]) {
      hidden++;
      return;
    }
    putGap();
    body.append(lineRow(row, nodeOf(row), base, next));
  });
  putGap();
  return element('section', {class: 'file'},
    element('h2', {}, visible(file.title)),
    element('table', {class: 'numbers source both'},
      element('thead', {}, element('tr', {}, ...numberHeads(),
        element('th', {class: 'line'}), element('th', {}, 'base'),
        element('th', {class: 'line'}), element('th', {}, 'new'))),
      body));
}

function lineRow(row, node, base, next) {
  const code = (side, number) => number ? sourceElement(side, number) : '';
  const tr = element('tr', {class: [row.fate && `is-${row.fate}`,
    node && isNamed(node.self) && 'is-named'].filter(Boolean).join(' ')},
  ...(node && larger(node.self) > 0 ? numberCells(node.self, mainAmount)
    : [...Array(6)].map(() => element('td', {class: 'number'}))),
  element('td', {class: 'line base'}, row.base || ''),
  element('td', {class: 'text base'}, code(base, row.base)),
  element('td', {class: 'line new'}, row.new || ''),
  element('td', {class: 'text new'}, code(next, row.new)));
  return node ? withTip(tr, node, mainAmount) : tr;
}

function drawLines() {
  replaceChildren(byId('lines'), ...data.files.map(drawFile),
    data.files.length ? null
      : element('p', {class: 'notice'}, 'No file that is shown has its text in both traces.'));
}
