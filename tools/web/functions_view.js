// All functions in one sortable table.
'use strict';

const functionsView = {sort: {key: 'self', isDown: true}, showsAll: false};
const FUNCTION_ROWS = 100;

function functionKey(key) {
  const {model, tallies} = view;
  if (key === 'name')
    return id => model.functions.name[id].toLowerCase();
  if (key === 'where')
    return id => `${model.files[model.functions.file[id]].path}:${
      String(model.functions.begin[id]).padStart(8, '0')}`;
  return id => measureNamed(key).of(tallies.functions, id);
}

function drawFunctions() {
  const {model, tallies, matches} = view;
  const {sort} = functionsView;
  const value = functionKey(sort.key);
  const ids = [];
  for (let id = 0; id < model.functions.count; id++)
    if (hasNumbers(tallies.functions, id) && (!matches || matches.functions[id]))
      ids.push(id);
  const keys = new Map(ids.map(id => [id, value(id)]));
  ids.sort((a, b) => {
    const x = keys.get(a), y = keys.get(b);
    const order = x < y ? -1 : x > y ? 1 : 0;
    return (sort.isDown ? -order : order) || a - b;
  });
  const onSort = key => {
    const isText = key === 'name' || key === 'where';
    functionsView.sort = {key, isDown: sort.key === key ? !sort.isDown : !isText};
    redraw('functions');
  };
  const shown = functionsView.showsAll ? ids : ids.slice(0, FUNCTION_ROWS);
  const largest = largestSelf(tallies.functions);
  replaceChildren(byId('functions'),
    ids.length ? element('table', {class: 'numbers'},
      element('thead', {}, element('tr', {},
        element('th', {class: 'bars', scope: 'col'}, 'time'),
        ...measureHeads(sort, onSort),
        sortHead('name', 'function', 'Name', sort, onSort),
        sortHead('where', 'file', 'File and first line', sort, onSort, 'where'))),
      element('tbody', {}, ...shown.map(id => functionRow(id, largest))))
      : element('p', {class: 'notice'}, matches ? 'No function matches the search.'
        : 'No function has time here.'),
    shown.length < ids.length ? element('p', {class: 'more'}, element('button', {type: 'button',
      onclick: () => { functionsView.showsAll = true; redraw('functions'); }},
    `Show ${plural(ids.length - shown.length, 'more function')}`)) : null);
}

function functionRow(id, largest) {
  const {model, tallies} = view;
  const file = model.functions.file[id], title = functionTitle(model, id);
  const row = element('tr', {},
    element('td', {class: 'bars'}, stackedBar(tallies.functions, id, largest)),
    ...measureCells(tallies.functions, id),
    element('td', {class: 'name', title},
      element('button', {type: 'button', class: 'link', title: `${title}\nIn the flame graph`,
        onclick: () => showInFlame(id, false)}, title),
      element('button', {type: 'button', class: 'minor', title: `Who calls ${title}`,
        onclick: () => showInFlame(id, true)}, 'callers')),
    element('td', {class: 'where', title: visible(model.files[file].path)},
      file ? element('button', {type: 'button', class: 'link', title: 'Show the source',
        onclick: () => showLine(file, model.functions.begin[id])},
      whereText(model, id, 0)) : ''));
  row.measured = [tallies.functions, id, title];
  return row;
}
