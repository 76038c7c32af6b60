// The data of a comparison, and its numbers for people: as emit/diff_words.c.
'use strict';

const data = JSON.parse(byId('data').textContent);
const {report} = data;
const hasRuns = report.interval === 'runs';

// How amounts of the report are written.
const mainAmount = report.scale === 'share' ? value => `${(100 * value).toFixed(2)} %`
  : report.metric === 'time' ? timeText : bytesText;

function changeText(value, amountText) {
  return `${value < 0 ? '' : '+'}${amountText(value)}`;
}

function relativeText(measured) {
  const {relative} = measured;
  if (relative === null)
    return 'from 0';
  if (relative >= 9)
    return `× ${Math.round(relative + 1)}`;
  return `${relative < 0 ? '' : '+'}${(100 * relative).toFixed(Math.abs(relative) < 0.0995 ? 1 : 0)} %`;
}

function intervalText(measured, amountText) {
  return measured.low === null || measured.high === null ? ''
    : `${changeText(measured.low, amountText)} to ${changeText(measured.high, amountText)}`;
}

function halfText(measured, amountText) {
  return measured.low === null || measured.high === null ? ''
    : `± ${amountText((measured.high - measured.low) / 2)}`;
}

const FOUND = ['slower', 'faster', 'larger', 'smaller'];

const isNamed = measured => FOUND.includes(measured.verdict) || measured.beyond_sampling === true;

function verdictText(measured) {
  if (measured.verdict === 'small')
    return '';
  if (!hasRuns)
    return measured.beyond_sampling ? (measured.difference > 0 ? 'more' : 'less') : 'unclear';
  return measured.verdict === 'insufficient' ? 'few runs' : measured.verdict;
}

const directionClass = measured =>
  !isNamed(measured) ? '' : measured.difference > 0 ? 'is-more' : 'is-less';

function fateText(node) {
  const was = node.base?.function && node.view !== 'line' ? node.base.function : node.base?.file;
  return {kept: '', rewritten: 'edited', moved: 'moved', added: 'new', vanished: 'gone',
    renamed: `was ${visible(was || '')}`}[node.fate];
}

const larger = measured => Math.max(measured.base, measured.new);

function tipRows(node, amountText) {
  const rows = [];
  for (const [name, measured] of [['self', node.self], ['total', node.total]]) {
    rows.push([`${name}, base`, amountText(measured.base)],
      [`${name}, new`, amountText(measured.new)],
      [`${name}, change`, `${changeText(measured.difference, amountText)} (${relativeText(measured)})`]);
    if (measured.low !== null)
      rows.push([`${name}, interval`, intervalText(measured, amountText)]);
    if (measured.q !== undefined)
      rows.push([`${name}, p and q`, `${measured.p.toPrecision(2)}, ${measured.q.toPrecision(2)}`]);
  }
  return rows;
}
