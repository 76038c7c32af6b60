// What is shown, and who wants to know when it changes. Numbers are computed once
// for each selection, and views draw only when they are seen and out of date.
'use strict';

const view = {
  model: null,
  tab: 'lines',
  unit: 'percent',
  columns: 'both', // of tables: of 'time', of 'memory'
  query: '',
  onlyMatches: false,
  selection: {from: null, to: null, threads: null, classes: null, waits: 'main',
    charge: 'self', only: null},
  matches: null,      // {text test, functions, nodes, ns} of the query, or null
  summed: null,       // the selection that the next ones are of
  sums: null,         // sumStacks()
  tallies: null,      // sumPlaces() of that
  awaitNs: 0,         // of all tasks in what is selected
  listeners: [],      // {tab or null = always seen, draw, isStale}
  isScheduled: false,
};

// They draw in the order in which they ask for it.
function onChange(tab, draw) {
  view.listeners.push({tab, draw, isStale: true});
}

// change({unit: 'time'}), changeSelection({from: 1, to: 3})
function change(what) {
  Object.assign(view, what);
  redraw();
}

function changeSelection(what) {
  change({selection: {...view.selection, ...what}});
}

// A view, or all of them, show the same numbers in another way.
function redraw(tab) {
  for (const listener of view.listeners)
    listener.isStale ||= !tab || listener.tab === tab;
  schedule();
}

function schedule() {
  if (view.isScheduled)
    return;
  view.isScheduled = true;
  requestAnimationFrame(() => {
    view.isScheduled = false;
    update();
  });
}

function update({everything = false} = {}) {
  compute();
  for (const listener of view.listeners)
    if (everything || listener.isStale && [null, view.tab].includes(listener.tab)) {
      listener.isStale = false;
      listener.draw();
    }
}

function compute() {
  findMatches();
  const only = view.matches && view.onlyMatches ? view.matches.nodes : null;
  if (view.selection.only !== only)
    view.selection = {...view.selection, only};
  const {model, selection} = view;
  if (view.summed !== selection) {
    view.summed = selection;
    view.sums = sumStacks(model, selection);
    view.tallies = sumPlaces(model, view.sums, selection.charge);
    view.awaitNs = addAwaits(model, selection, view.tallies);
    for (const [kind, tally] of Object.entries(view.tallies))
      tally.memory = model.memory?.charges[selection.charge][kind];
  }
  if (view.matches) {
    view.matches.ns = 0;
    for (let i = 0; i < view.sums.count; i++)
      if (view.matches.nodes[view.sums.node[i]])
        view.matches.ns += stackNs(view.sums, i);
  }
}

// --------------------------------------------------------------- search

// "text" (capitals matter when there are any), or "/regular expression/".
function testOf(query) {
  const regex = /^\/(.+)\/(i?)$/.exec(query);
  if (regex) {
    try {
      const compiled = new RegExp(regex[1], regex[2]);
      return text => compiled.test(text);
    } catch {
      return null;
    }
  }
  if (query !== query.toLowerCase())
    return text => text.includes(query);
  return text => text.toLowerCase().includes(query);
}

function findMatches() {
  const {model, query} = view;
  if (view.matches?.query === query)
    return;
  view.matches = null;
  if (!query)
    return;
  const test = testOf(query);
  if (!test) {
    view.matches = {query, isWrong: true, test: () => false, functions: [],
      nodes: new Uint8Array(model.nodes.parent.length), ns: 0};
    return;
  }
  const files = model.files.map(file => file.path && test(file.path));
  const functions = model.functions.name.map((name, id) =>
    test(name) || Boolean(files[model.functions.file[id]]));
  view.matches = {query, test, files, functions,
    nodes: nodesMatching(model, functions), ns: 0};
}

// ------------------------------------------------------------ selection

function hasSelection() {
  const {from, threads, classes} = view.selection;
  return from !== null || threads !== null || classes !== null;
}

function clearSelection() {
  changeSelection({from: null, to: null, threads: null, classes: null});
}

function toggleIn(set, all, id) {
  const kept = new Set(set || all);
  if (kept.has(id))
    kept.delete(id);
  else
    kept.add(id);
  return kept.size === all.length || kept.size === 0 ? null : kept;
}

// "12.3 %" or "1.2 s", as the page's unit is; '' for nothing.
function amountText(ns, allNs = view.sums.allNs) {
  if (!ns)
    return '';
  return view.unit === 'time' ? timeText(ns) : percentText(share(ns, allNs));
}

function amountBoth(ns) {
  return `${percentText(share(ns, view.sums.allNs))} % · ${timeText(ns)}`;
}

const classColor = kind => cssColor(`--class-${view.model.classes[kind].name}`);
