// What changed, and the functions: tables of nodes.
'use strict';

function numberCells(measured, amountText) {
  const side = value => value > 0 ? amountText(value) : '';
  return [
    element('td', {class: 'number'}, side(measured.base)),
    element('td', {class: 'number'}, side(measured.new)),
    element('td', {class: `number ${directionClass(measured)}`}, changeText(measured.difference, amountText)),
    element('td', {class: 'number aside'}, halfText(measured, amountText)),
    element('td', {class: `number ${directionClass(measured)}`}, relativeText(measured)),
    element('td', {class: `verdict ${directionClass(measured)}`}, verdictText(measured)),
  ];
}

const NUMBER_HEADS = ['base', 'new', 'change', '', '%'];

function numberHeads() {
  return [...NUMBER_HEADS.map(text => element('th', {class: 'number'}, text)),
    element('th', {class: 'verdict'}, 'is')];
}

function withTip(row, node, amountText) {
  row.addEventListener('mousemove',
    event => showTip(event, visible(node.name), tipRows(node, amountText)));
  row.addEventListener('mouseleave', hideTip);
  return row;
}

function nodeRow(node, measured, remark, amountText = mainAmount) {
  return withTip(element('tr', {class: isNamed(measured) ? 'is-named' : ''},
    ...numberCells(measured, amountText),
    element('td', {class: 'name'}, element('code', {}, visible(node.name)),
      fateText(node) ? element('span', {class: 'badge'}, fateText(node)) : null,
      remark ? element('span', {class: 'badge'}, remark) : null),
    element('td', {class: 'name'}, node.text ? element('code', {}, visible(node.text.trim())) : '')),
  node, amountText);
}

function nodeTable(rows) {
  return element('table', {class: 'numbers'},
    element('thead', {}, element('tr', {}, ...numberHeads(), element('th', {}, 'where'),
      element('th', {class: 'where'}))),
    element('tbody', {}, ...rows));
}

function drawChanges() {
  const named = data.named.map(([id, isTotal]) => {
    const node = report.nodes[id];
    return nodeRow(node, isTotal ? node.total : node.self, isTotal ? 'with what it calls' : '');
  });
  const program = report.nodes[0];
  const memory = (report.memory?.metrics || []).filter(metric => metric.named.length);
  replaceChildren(byId('changes'),
    nodeTable([nodeRow(program, program.total, ''), ...named]),
    named.length ? null : element('p', {class: 'notice'}, hasRuns
      ? 'No line or function differs by more than chance, as far as these runs can show.'
      : 'No line or function differs by more than the sampling error.'),
    ...memory.flatMap(metric => [
      element('h2', {}, `Memory: ${metric.title.toLowerCase()}`),
      nodeTable(metric.named.map(node => nodeRow(node, node.self, '', bytesText)))]));
}

function drawFunctions() {
  const least = data.min_share * larger(report.nodes[0].total);
  const nodes = report.nodes.filter(node => node.view === 'function' &&
    (larger(node.total) >= least || isNamed(node.total) || isNamed(node.self)));
  nodes.sort((a, b) => Math.abs(b.total.difference) - Math.abs(a.total.difference));
  replaceChildren(byId('functions'),
    element('p', {class: 'aside'}, 'With what they call; the largest change first.'),
    nodeTable(nodes.map(node => nodeRow(node, node.total, ''))));
}
