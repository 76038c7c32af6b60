// Memory as it is shown: its columns, what is said of the whole run, and leaks.
'use strict';

const SVG = 'http://www.w3.org/2000/svg';
const LEAKS_SHOWN = 5;

// What was held over the run, as a picture of the size of a word; its full height is
// the most that was held.
function sparkElement(levels) {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  svg.setAttribute('class', 'spark');
  svg.setAttribute('viewBox', `0 0 ${MEMORY_LEVELS} ${LEVEL_MAX + 1}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', `M0 ${LEVEL_MAX + 1}${[...levels].map((level, i) =>
    `V${LEVEL_MAX + 1 - level}H${i + 1}`).join('')}V${LEVEL_MAX + 1}Z`);
  svg.append(path);
  return svg;
}

// Less than this is nothing.
const MEMORY_LEAST = 1024;
const memoryText = bytes => bytes >= MEMORY_LEAST ? bytesText(bytes) : '';
const runSeconds = () => view.model.run.elapsed_ns / 1e9;

// "12.3 MiB ± 1.1 MiB"
const withError = (bytes, error) =>
  `${bytesText(bytes)}${error > 0 ? ` ± ${bytesText(error)}` : ''}`;

function memoryRows(tally, id) {
  const row = memoryOf(tally, id), {all} = view.model.memory;
  const parts = [
    row.maximum && ['held at most', bytesText(row.maximum)],
    row.average && ['held on average', bytesText(row.average)],
    row.peak && ['of the peak of all', withError(row.peak, row.peakError)],
    row.live > 0 && ['held at the end', bytesText(row.live)],
    row.allocated && ['allocated', `${percentText(share(row.allocated, all.allocated))} % · ${
      withError(row.allocated, row.allocatedError)}`],
    row.python && ['by Python', bytesText(row.python), classColor(KIND_PYTHON)],
    row.native && ['by others', bytesText(row.native), classColor(KIND_NATIVE)],
    row.copied && ['copied', bytesText(row.copied)],
    row.samples && ['samples of memory', countText(row.samples)],
    row.leak && ['possible leak', `${bytesText(row.leak.bytesPerSecond)}/s, ${
      row.leak.permille / 10} % likely`],
  ];
  return parts.filter(Boolean);
}

const allocatorRows = ns => [['Python', KIND_PYTHON], ['others', KIND_NATIVE]]
  .filter(([, kind]) => ns[kind] > 0)
  .map(([label, kind]) => [label, flameAmount(ns[kind]), classColor(kind)]);

// Of what was allocated, or held: what makes a place worth looking at.
function memoryShare(tally, id) {
  const {allocated, maximum} = memoryOf(tally, id), {all} = view.model.memory;
  return Math.max(share(allocated, all.allocated), share(maximum, all.maximum));
}

function leaksOf() {
  const {model, selection} = view, list = [];
  for (const [id, row] of model.memory.charges[selection.charge].lines)
    if (row.leak && id)
      list.push([id, row.leak]);
  return list.sort((a, b) => b[1].bytesPerSecond - a[1].bytesPerSecond);
}

function leakElement([id, leak]) {
  const {lines, files} = view.model, file = lines.file[id], number = lines.number[id];
  return element('span', {class: 'leak'},
    element('button', {type: 'button', class: 'link', title: 'Show the source',
      onclick: () => showLine(file, number)}, `${visible(files[file].name)}:${number}`),
    ` ${bytesText(leak.bytesPerSecond)}/s, ${leak.permille / 10} % likely (${
      plural(leak.blocks, 'block')})`);
}

function drawMemory() {
  const {memory} = view.model, place = byId('memory');
  place.hidden = !memory;
  if (!memory)
    return;
  const leaks = leaksOf();
  replaceChildren(place,
    element('p', {}, element('b', {}, 'Memory '), memory.all.levels.length
      ? sparkElement(memory.all.levels) : null,
    ` ${memory.words}${hasSelection() ? ' (all of it of the whole run)' : ''}`),
    leaks.length ? element('p', {class: 'leaks'}, element('b', {class: 'warning'},
      leaks.length === 1 ? 'Possible leak ' : 'Possible leaks '),
    ...leaks.slice(0, LEAKS_SHOWN).map(leakElement),
    leaks.length > LEAKS_SHOWN ? `and ${leaks.length - LEAKS_SHOWN} more` : null) : null);
}
