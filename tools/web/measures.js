// The columns of numbers that lines and functions have, left to right. What is
// measured one day (memory, copies, GPU) is one more item here; a column that has
// nothing to show for the whole run is left out.
'use strict';

// of(tally, id): the value; text(value): as shown; isShown(model): worth a column.
const MEASURES = [
  {
    key: 'python', label: 'Python', title: 'The interpreter itself, on CPU',
    of: (tally, id) => tally.ns[id * CLASS_COUNT + 1], text: amountText,
  },
  {
    key: 'native', label: 'native', title: 'C functions, extensions, libraries, on CPU',
    of: (tally, id) => tally.ns[id * CLASS_COUNT + 2], text: amountText,
  },
  {
    key: 'system', label: 'system',
    title: 'Kernel, ready to run, waiting for the GIL, other waits',
    of: (tally, id) => {
      let ns = 0;
      view.model.classes.forEach((one, kind) => {
        if (one.is_system)
          ns += tally.ns[id * CLASS_COUNT + kind];
      });
      return ns;
    },
    text: amountText,
  },
  {
    key: 'self', label: 'self', title: 'All time of the line or function itself',
    of: (tally, id) => tally.selfNs[id], text: amountText,
  },
  {
    key: 'total', label: 'total', title: 'With all that it called',
    of: (tally, id) => tally.totalNs[id], text: amountText,
  },
];

const measureNamed = key => MEASURES.find(measure => measure.key === key);

// Self time by class, stacked; as wide as its share of the largest.
function stackedBar(tally, id, largestNs) {
  const bar = element('span', {class: 'bar'});
  for (const kind of view.model.classOrder) {
    const ns = tally.ns[id * CLASS_COUNT + kind];
    if (ns <= 0)
      continue;
    const part = element('i', {class: `of-${view.model.classes[kind].name}`});
    part.style.width = `${share(ns, largestNs)}%`;
    bar.append(part);
  }
  return bar;
}

function classRows(ns) {
  return view.model.classOrder.filter(kind => ns[kind] > 0).map(kind =>
    [view.model.classes[kind].label, amountBoth(ns[kind]), classColor(kind)]);
}

function measureTip(event, tally, id, title) {
  const ns = tally.ns.subarray(id * CLASS_COUNT, (id + 1) * CLASS_COUNT);
  showTip(event, title, [...classRows(ns),
    ['self', amountBoth(tally.selfNs[id])],
    ['total', amountBoth(tally.totalNs[id])],
    ['samples', countText(tally.samples[id])]]);
}

const headOf = measure =>
  measure.label + (measure.text === amountText && view.unit === 'percent' ? ' %' : '');

// Heads of a sortable table; sort is {key, isDown}.
function measureHeads(sort, onSort) {
  return MEASURES.map(measure => sortHead(measure.key, headOf(measure),
    measure.title, sort, onSort, 'number'));
}

function sortHead(key, label, title, sort, onSort, kind = '') {
  const state = sort.key !== key ? 'none' : sort.isDown ? 'descending' : 'ascending';
  return element('th', {class: kind, scope: 'col', 'aria-sort': state},
    element('button', {type: 'button', title: `${title} (press to sort)`,
      onclick: () => onSort(key)}, label,
    element('span', {class: 'arrow', 'aria-hidden': 'true'},
      state === 'none' ? '' : sort.isDown ? ' ▾' : ' ▴')));
}

function measureCells(tally, id) {
  return MEASURES.map(measure => {
    const value = measure.of(tally, id);
    const heat = share(value, view.sums.allNs);
    return element('td', {class: `number${heat >= 10 ? ' hot' : ''}`}, measure.text(value));
  });
}
