// Tabs, the overview, light and dark; starts it all.
'use strict';

const TABS = {changes: drawChanges, lines: drawLines, functions: drawFunctions, flame: drawFlame};
const drawn = new Set();

function showTab(name) {
  for (const tab of Object.keys(TABS)) {
    byId(`tab-${tab}`).setAttribute('aria-selected', String(tab === name));
    byId(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
    byId(tab).classList.toggle('is-shown', tab === name);
  }
  if (!drawn.has(name))
    TABS[name]();
  drawn.add(name);
  history.replaceState(null, '', `#view=${name}`);
}

function factText(fact) {
  const said = fact.text !== undefined ? fact.text : `${fact.what}: ${fact.base} → ${fact.new}`;
  return `${fact.refuses ? 'Not comparable, forced: ' : ''}${visible(said)}`;
}

function drawOverview() {
  const [headline, ...sentences] = data.sentences;
  byId('headline').textContent = visible(headline);
  byId('sides').textContent = visible(data.sides.join(' → '));
  replaceChildren(byId('overview'),
    ...sentences.map(sentence => element('p', {}, visible(sentence))),
    report.differences.length
      ? element('ul', {}, ...report.differences.map(fact =>
        element('li', {class: fact.refuses ? 'warning' : ''}, factText(fact)))) : null);
}

function setTheme() {
  document.documentElement.dataset.theme =
    matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  if (drawn.has('flame'))
    drawFlame();
}

function start() {
  const names = Object.keys(TABS);
  setTheme();
  drawOverview();
  makeFlame();
  names.forEach((tab, i) => {
    byId(`tab-${tab}`).addEventListener('click', () => showTab(tab));
    byId(`tab-${tab}`).addEventListener('keydown', event => {
      const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (!step)
        return;
      const next = names[(i + step + names.length) % names.length];
      showTab(next);
      byId(`tab-${next}`).focus();
    });
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', setTheme);
  window.addEventListener('resize', () => byId('flame').classList.contains('is-shown') && drawFlame());
  const asked = location.hash.replace('#view=', '');
  showTab(names.includes(asked) ? asked : 'changes');
}

start();
