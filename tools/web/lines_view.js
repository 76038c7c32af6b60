// Files, and in each its lines with their time.
'use strict';

const linesView = {
  files: new Map(),      // [id] = how a file is shown
  showsAll: false,       // files below the minimum too
  functionsOfFile: null, // [file] = functions that begin in it
  target: null,          // {file, line} that was asked for
  isScrollDue: false,    // ... and is not in sight yet
};
const CONTEXT_LINES = 1;
const ROWS_AT_FIRST = 120; // of the files that are unfolded
const SMALL_GAP = 2;

// isOpen: null = as many as fit; mode: context, time, all.
function fileState(id) {
  if (!linesView.files.has(id))
    linesView.files.set(id, {isOpen: null, mode: 'context', gaps: new Set(),
      sort: {key: 'line', isDown: false}});
  return linesView.files.get(id);
}

function linesByFile() {
  const {lines} = view.model, byFile = new Map();
  for (let id = 1; id < lines.count; id++) {
    if (!hasNumbers(view.tallies.lines, id))
      continue;
    const file = lines.file[id];
    if (!byFile.has(file))
      byFile.set(file, []);
    byFile.get(file).push(id);
  }
  return byFile;
}

// The rule of report_shows_file(): its own time, what it awaited, allocated or held,
// or what the user's file called.
function isWorthShowing(file, tally) {
  const least = view.model.view.min_percent;
  return share(tally.selfNs[file.id], view.sums.allNs) >= least ||
    view.awaitNs > 0 && share(tally.awaitNs[file.id], view.awaitNs) >= least ||
    view.model.memory && memoryShare(tally, file.id) >= Math.max(least, 0.1) ||
    file.is_user && file.path && !file.path.startsWith('<') &&
    share(tally.totalNs[file.id], view.sums.allNs) >= least;
}

function drawLines() {
  const {model, tallies, matches} = view;
  const byFile = linesByFile();
  const files = model.files.filter(file => file.id && file.is_selected &&
    (hasNumbers(tallies.files, file.id) || linesView.target?.file === file.id));
  files.sort((a, b) => tallies.files.selfNs[b.id] - tallies.files.selfNs[a.id] ||
    tallies.files.totalNs[b.id] - tallies.files.totalNs[a.id]);
  const found = !matches ? files : files.filter(file => matches.files[file.id] ||
    linesFound(file, byFile.get(file.id) || []).length);
  const shown = found.filter(file => matches || linesView.showsAll ||
    linesView.target?.file === file.id || isWorthShowing(file, tallies.files));
  const largest = largestSelf(tallies.lines);
  let rows = 0;

  const sections = shown.map(file => {
    const state = fileState(file.id);
    const ids = byFile.get(file.id) || [];
    // The user's own code first; a library is there to be unfolded.
    const isOpen = state.isOpen ??
      (rows < ROWS_AT_FIRST && (file.is_user || shown.length === 1 || Boolean(matches)));
    const section = fileSection(file, ids, isOpen, largest);
    rows += isOpen ? section.querySelectorAll('tr').length : 1;
    return section;
  });
  const left = found.length - shown.length;
  const leftNs = found.filter(file => !shown.includes(file))
    .reduce((sum, file) => sum + tallies.files.selfNs[file.id], 0);
  replaceChildren(byId('lines'),
    sections.length ? null : element('p', {class: 'notice'}, matches
      ? 'No line or file matches the search.' : 'No line of a source file has time here.'),
    ...sections,
    left ? element('p', {class: 'more'}, element('button', {type: 'button',
      onclick: () => { linesView.showsAll = true; redraw('lines'); }},
    `Show ${plural(left, 'more file')} (${amountBoth(leftNs)})`)) : null,
    matches ? null : withoutFile(sections.length === 0));
  scrollToTarget();
}

function linesFound(file, ids) {
  return ids.filter(id => {
    const number = view.model.lines.number[id];
    return view.matches.test(file.text.get(number) || '') ||
      view.matches.test(enclosingName(file.id, number));
  });
}

// ------------------------------------------------------------- functions

function functionsOfFile(file) {
  if (!linesView.functionsOfFile) {
    const {functions} = view.model;
    linesView.functionsOfFile = new Map();
    for (let id = 1; id < functions.count; id++) {
      const key = functions.file[id];
      if (!linesView.functionsOfFile.has(key))
        linesView.functionsOfFile.set(key, []);
      linesView.functionsOfFile.get(key).push(id);
    }
  }
  return linesView.functionsOfFile.get(file) || [];
}

// The innermost function around a line, 0 when none is known.
function enclosingFunction(file, number) {
  const {functions} = view.model;
  let inner = 0;
  for (const id of functionsOfFile(file)) {
    const first = functions.line[id], count = functions.lineCount[id];
    if (first && first <= number && number < first + count &&
        (!inner || count < functions.lineCount[inner]))
      inner = id;
  }
  return inner;
}

function enclosingName(file, number) {
  return view.model.functions.name[enclosingFunction(file, number)] || '';
}

// Code that has no source file: by function.
function withoutFile(isAlone) {
  const {tallies} = view;
  const ids = functionsOfFile(0).concat(0).filter(id => tallies.functions.selfNs[id] > 0 ||
    memoryOf(tallies.functions, id).allocated > 0)
    .sort((a, b) => tallies.functions.selfNs[b] - tallies.functions.selfNs[a]);
  if (!ids.length)
    return null;
  const isOpen = fileState(0).isOpen ?? isAlone;
  return element('section', {class: 'file'},
    fileHead(view.model.files[0], 'Code without source', isOpen),
    isOpen ? element('table', {class: 'numbers'},
      element('thead', {}, element('tr', {}, element('th', {scope: 'col', class: 'bars'}, 'time'),
        ...shownMeasures().map(measure => element('th', {class: cellClass(measure), scope: 'col',
          title: measure.title}, ...headOf(measure))),
        element('th', {scope: 'col'}, 'function'))),
      element('tbody', {}, ...ids.map(id => {
        const row = element('tr', {},
          element('td', {class: 'bars'}, stackedBar(tallies.functions, id,
            tallies.functions.selfNs[ids[0]])),
          ...measureCells(tallies.functions, id),
          element('td', {class: 'name'}, functionTitle(view.model, id)));
        row.measured = [tallies.functions, id, functionTitle(view.model, id)];
        return row;
      }))) : null);
}

// ----------------------------------------------------------------- files

function fileHead(file, title, isOpen) {
  const state = fileState(file.id), tally = view.tallies.files;
  const ns = tally.selfNs[file.id];
  const head = element('h2', {},
    element('button', {type: 'button', 'aria-expanded': String(isOpen), class: 'fold',
      title: file.path ? visible(file.path) : title,
      onclick: () => { state.isOpen = !isOpen; redraw('lines'); }},
    element('span', {class: 'caret', 'aria-hidden': 'true'}, isOpen ? '▾' : '▸'),
    element('span', {class: 'path'}, element('bdi', {}, title))),
    file.changed ? element('span', {class: 'badge',
      title: 'The file changed after the program had started; this is the newer text'},
    'changed') : null,
    element('span', {class: 'bars'}, stackedBar(tally, file.id, view.sums.allNs)),
    element('span', {class: 'amount'}, amountBoth(ns)));
  head.querySelector('.bars').measured = [tally, file.id, title];
  return head;
}

function fileSection(file, ids, isOpen, largest) {
  const section = element('section', {class: 'file', 'data-file': file.id},
    fileHead(file, visible(file.path), isOpen));
  if (isOpen)
    section.append(fileTable(file, ids, largest));
  return section;
}

function fileTable(file, ids, largest) {
  const state = fileState(file.id);
  const {lines} = view.model;
  const onSort = key => {
    const isSame = state.sort.key === key;
    state.sort = key === 'line' ? {key, isDown: isSame && !state.sort.isDown}
      : {key, isDown: isSame ? !state.sort.isDown : true};
    redraw('lines');
  };
  const modes = element('select', {'aria-label': 'Which lines', title: 'Which lines',
    onchange: event => { state.mode = event.target.value; redraw('lines'); }},
  element('option', {value: 'context'}, 'lines with time, in context'),
  element('option', {value: 'time'}, 'only lines with time'),
  file.isWhole ? element('option', {value: 'all'}, 'all lines') : null);
  modes.value = state.mode;

  const ofNumber = new Map(ids.map(id => [lines.number[id], id]));
  let rows;
  if (view.matches && !view.matches.files[file.id])
    rows = linesFound(file, ids).map(id => lines.number[id]).sort((a, b) => a - b);
  else if (state.sort.key !== 'line')
    rows = sortedNumbers(ids, state.sort);
  else
    rows = wantedNumbers(file, [...ofNumber.keys()], state);
  if (state.sort.key === 'line' && state.sort.isDown)
    rows.reverse();
  return element('table', {class: 'numbers source'},
    element('thead', {}, element('tr', {},
      sortHead('line', 'line', 'Order of the file', state.sort, onSort, 'line'),
      element('th', {scope: 'col', class: 'bars'}, 'time'),
      ...measureHeads(state.sort, onSort),
      element('th', {scope: 'col', class: 'text'}, modes))),
    element('tbody', {}, ...lineRows(file, rows, ofNumber, state, largest)));
}

function sortedNumbers(ids, sort) {
  const measure = measureNamed(sort.key), tally = view.tallies.lines;
  const sorted = [...ids].sort((a, b) => measure.of(tally, b) - measure.of(tally, a));
  if (!sort.isDown)
    sorted.reverse();
  return sorted.map(id => view.model.lines.number[id]);
}

// Numbers of lines in order: those with time, and what lets one read them.
function wantedNumbers(file, timed, state) {
  if (state.mode === 'all' && file.isWhole)
    return [...new Set([...file.text.keys(), ...timed])].sort((a, b) => a - b);
  const wanted = new Set(timed);
  if (state.mode === 'context')
    for (const number of timed) {
      const around = enclosingFunction(file.id, number);
      const first = view.model.functions.line[around];
      if (around && file.text.has(first))
        wanted.add(first);
      for (let k = number - CONTEXT_LINES; k <= number + CONTEXT_LINES; k++)
        if (file.text.has(k))
          wanted.add(k);
    }
  // A gap takes a row itself.
  const known = [...wanted].sort((a, b) => a - b);
  if (state.mode === 'context')
    for (let i = 0; i < known.length; i++) {
      const from = i ? known[i - 1] : 0;
      for (let k = from + 1; known[i] - from <= SMALL_GAP + 1 && k < known[i]; k++)
        if (file.text.has(k))
          wanted.add(k);
    }
  if (linesView.target?.file === file.id)
    wanted.add(linesView.target.line);
  for (const gap of state.gaps)
    for (let k = gap.from; k <= gap.to; k++)
      if (file.text.has(k))
        wanted.add(k);
  return [...wanted].sort((a, b) => a - b);
}

function lineRows(file, numbers, ofNumber, state, largest) {
  const rows = [];
  let before = 0;
  for (const number of numbers) {
    const isGap = state.sort.key === 'line' && !state.sort.isDown && state.mode === 'context' &&
      !view.matches && file.isWhole && number > before + 1;
    if (isGap)
      rows.push(gapRow(state, before + 1, number - 1));
    rows.push(lineRow(file, number, ofNumber.get(number), largest));
    before = number;
  }
  const last = file.isWhole ? file.line_count : 0;
  if (state.sort.key === 'line' && state.mode === 'context' && !state.sort.isDown &&
      !view.matches && before && before < last)
    rows.push(gapRow(state, before + 1, last));
  return rows;
}

function gapRow(state, from, to) {
  return element('tr', {class: 'gap'}, element('td', {colspan: shownMeasures().length + 3},
    element('button', {type: 'button', title: 'Show these lines',
      onclick: () => { state.gaps.add({from, to}); redraw('lines'); }},
    `⋯ ${plural(to - from + 1, 'line')}`)));
}

function lineRow(file, number, id, largest) {
  const tally = view.tallies.lines;
  const isTarget = linesView.target?.file === file.id && linesView.target.line === number;
  const row = element('tr', {class: `${id ? 'timed' : 'quiet'}${isTarget ? ' target' : ''}`,
    'data-line': number},
  element('td', {class: 'line'}, number ? String(number) : '?'),
  element('td', {class: 'bars'}, id ? stackedBar(tally, id, largest) : null),
  ...(id ? measureCells(tally, id)
    : shownMeasures().map(measure => element('td', {class: cellClass(measure)}))),
  element('td', {class: 'text'}, sourceElement(file, number, !number ? '(line unknown)'
    : `(no source)${enclosingName(file.id, number) ? ` in ${visible(enclosingName(file.id, number))}` : ''}`)));
  if (id)
    row.measured = [tally, id, `${visible(file.name)}:${number} ${visible(enclosingName(file.id, number))}`];
  return row;
}

// ------------------------------------------------------------------ jumps

function showLine(file, line) {
  const state = fileState(file);
  state.isOpen = true;
  state.sort = {key: 'line', isDown: false};
  state.gaps.add({from: line - 3, to: line + 3});
  if (state.mode === 'time')
    state.mode = 'context';
  linesView.target = {file, line};
  linesView.isScrollDue = true;
  byId('search').value = '';
  change({query: ''});
  showTab('lines');
}

function scrollToTarget() {
  const {target} = linesView;
  if (!linesView.isScrollDue)
    return;
  linesView.isScrollDue = false;
  byId('lines').querySelector(`[data-file="${target.file}"] [data-line="${target.line}"]`)
    ?.scrollIntoView({block: 'center'});
}

// Tips of all tables: what a row or bar was measured as.
function tipsOf(panel) {
  panel.addEventListener('mousemove', event => {
    const row = event.target.closest('.bars') &&
      (event.target.closest('tr') || event.target.closest('.bars'));
    if (row?.measured)
      measureTip(event, ...row.measured);
    else
      hideTip();
  });
  panel.addEventListener('mouseleave', hideTip);
}
