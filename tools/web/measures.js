// The columns of numbers that lines and functions have, left to right. What is
// measured one day (GPU) is one more item here; a column that has nothing to show for
// the whole run is left out.
'use strict';

// of(tally, id): the value; all(): what 100 % of it is; isShown(model): worth a column.
// What is no share of a time has unit, in its head, and cell(tally, id): what is shown.
const MEASURES = [
  {
    key: 'python', label: 'Python', title: 'The interpreter itself, on CPU',
    of: (tally, id) => tally.ns[id * CLASS_COUNT + 1],
  },
  {
    key: 'native', label: 'native', title: 'C functions, extensions, libraries, on CPU',
    of: (tally, id) => tally.ns[id * CLASS_COUNT + 2],
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
  },
  {
    key: 'self', label: 'self', title: 'All time of the line or function itself',
    of: (tally, id) => tally.selfNs[id],
  },
  {
    key: 'total', label: 'total', title: 'With all that it called',
    of: (tally, id) => tally.totalNs[id],
  },
  {
    key: 'await', label: 'await',
    title: 'Time that tasks of asyncio were suspended, of all of it; ' +
      'no part of the other times, and only of the whole run',
    of: (tally, id) => tally.awaitNs[id], all: () => view.awaitNs,
    isShown: model => model.awaits.ns.length > 0,
  },
  {
    key: 'peak', isMemory: true, label: 'peak', title: 'The most memory that was held at a time',
    of: (tally, id) => memoryOf(tally, id).maximum,
    cell: (tally, id) => memoryText(memoryOf(tally, id).maximum),
    all: () => view.model.memory.all.maximum,
  },
  {
    key: 'average', isMemory: true, label: 'average', title: 'Memory held, on average over the run',
    of: (tally, id) => memoryOf(tally, id).average,
    cell: (tally, id) => memoryText(memoryOf(tally, id).average),
  },
  {
    key: 'timeline', isMemory: true, label: 'timeline',
    title: 'Memory held over the run, each to its own peak; sorts by what is held at the end',
    of: (tally, id) => memoryOf(tally, id).live,
    cell: (tally, id) => {
      const {maximum, levels, leak} = memoryOf(tally, id);
      return maximum < MEMORY_LEAST || !levels.length ? ''
        : element('span', {class: leak ? 'leaking' : null,
          title: leak ? 'Possible leak' : null}, sparkElement(levels));
    },
  },
  {
    key: 'activity', isMemory: true, label: 'alloc', unit: ' %', title: 'Share of all bytes that were allocated',
    of: (tally, id) => memoryOf(tally, id).allocated,
    cell: (tally, id) => {
      const part = memoryOf(tally, id).allocated;
      return part ? percentText(share(part, view.model.memory.all.allocated)) : '';
    },
    all: () => view.model.memory.all.allocated,
  },
  {
    key: 'copy', isMemory: true, label: 'copy', unit: '/s', title: 'Bytes copied, in a second of the run',
    of: (tally, id) => memoryOf(tally, id).copied,
    cell: (tally, id) => memoryText(memoryOf(tally, id).copied / runSeconds()),
    isShown: model => model.memory?.all.copied > 0,
  },
];

const shownMeasures = () => MEASURES.filter(measure =>
  (!measure.isMemory || view.model.memory) &&
  (!view.model.memory || view.columns === 'both' ||
    Boolean(measure.isMemory) === (view.columns === 'memory')) &&
  (!measure.isShown || measure.isShown(view.model)));
const allOf = measure =>
  measure.all ? measure.all() : measure.isMemory ? 0 : view.sums.allNs;
const measureNamed = key => MEASURES.find(measure => measure.key === key);

const hasNumbers = (tally, id) => tally.totalNs[id] > 0 || tally.awaitNs[id] > 0 ||
  Boolean(tally.memory?.has(id));

const largestSelf = tally => tally.selfNs.reduce((most, ns) => Math.max(most, ns), 1);

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
    ...tally.awaitNs[id] ? [['awaited', timeText(tally.awaitNs[id])]] : [],
    ['samples', countText(tally.samples[id])],
    ...view.model.memory ? memoryRows(tally, id) : []]);
}

// Of narrow windows the unit is left out.
const headOf = measure => [measure.label, element('span', {class: 'unit'},
  measure.unit ?? (!measure.isMemory && view.unit === 'percent' ? ' %' : ''))];

// Heads of a sortable table; sort is {key, isDown}.
function measureHeads(sort, onSort) {
  return shownMeasures().map(measure => sortHead(measure.key, headOf(measure),
    measure.title, sort, onSort, cellClass(measure)));
}

const cellClass = measure => `number column-${measure.key}${measure.isMemory ? ' memory' : ''}`;

function sortHead(key, label, title, sort, onSort, kind = '') {
  const state = sort.key !== key ? 'none' : sort.isDown ? 'descending' : 'ascending';
  return element('th', {class: kind, scope: 'col', 'aria-sort': state},
    element('button', {type: 'button', title: `${title} (press to sort)`,
      onclick: () => onSort(key)}, ...[label].flat(),
    element('span', {class: 'arrow', 'aria-hidden': 'true'},
      state === 'none' ? '' : sort.isDown ? ' ▾' : ' ▴')));
}

function measureCells(tally, id) {
  return shownMeasures().map(measure => {
    const value = measure.of(tally, id), all = allOf(measure);
    const isHot = all && share(value, all) >= 10;
    return element('td', {class: `${cellClass(measure)}${isHot ? ' hot' : ''}`},
      measure.cell ? measure.cell(tally, id) : amountText(value, all));
  });
}
