// Puts the page together, and takes the keys.
'use strict';

const TABS = ['lines', 'functions', 'flame', 'threads'];

function showTab(tab) {
  for (const name of TABS) {
    byId(name).classList.toggle('is-shown', name === tab);
    byId(`tab-${name}`).setAttribute('aria-selected', String(name === tab));
    byId(`tab-${name}`).tabIndex = name === tab ? 0 : -1;
  }
  if (tab !== view.tab)
    history.replaceState(null, '', `#view=${tab}`);
  view.tab = tab;
  hideTip();
  schedule();
}

// ----------------------------------------------------------------- theme

const themes = ['auto', 'light', 'dark'];

function setTheme(theme) {
  const isDark = theme === 'dark' ||
    theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches;
  const root = document.documentElement;
  root.dataset.theme = isDark ? 'dark' : 'light';
  root.dataset.choice = theme;
  for (const one of view.model.classes) {
    root.style.setProperty(`--class-${one.name}`, isDark ? one.dark : one.light);
    root.style.setProperty(`--on-${one.name}`, isDark ? one.text_on_dark : one.text_on_light);
  }
  byId('theme').textContent = {auto: '◐ auto', light: '☀ light', dark: '☾ dark'}[theme];
  byId('theme').setAttribute('aria-label', `Colours: ${theme}`);
}

// A page that is opened from disk may have no storage.
function storedTheme() {
  try {
    const stored = localStorage.getItem('ptf-theme');
    return themes.includes(stored) ? stored : 'auto';
  } catch {
    return 'auto';
  }
}

function nextTheme() {
  const theme = themes[(themes.indexOf(document.documentElement.dataset.choice) + 1) % 3];
  try {
    localStorage.setItem('ptf-theme', theme);
  } catch {
    // Then it is forgotten with the page.
  }
  setTheme(theme);
  redraw();
}

// ------------------------------------------------------------------ keys

function toggleUnit() {
  const unit = view.unit === 'percent' ? 'time' : 'percent';
  byId('unit').value = unit;
  change({unit});
}

// Esc undoes one thing at a time, the nearest first.
function undo() {
  if (view.query) {
    byId('search').value = '';
    change({query: ''});
  } else if (view.tab === 'flame' && flameView.zoom !== flameView.root) {
    zoomFlame(null);
  } else if (hasSelection()) {
    clearSelection();
  }
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId('help').open)
    return;
  const isTyping = event.target.matches?.('input[type=search], select');
  if (event.key === 'Escape') {
    undo();
    event.target.blur?.();
  } else if (!isTyping && event.key === '/') {
    byId('search').focus();
    byId('search').select();
  } else if (!isTyping && event.key === '?') {
    byId('help').showModal();
  } else if (!isTyping && TABS[event.key - 1]) {
    showTab(TABS[event.key - 1]);
  } else if (!isTyping && event.key.toLowerCase() === 'u') {
    toggleUnit();
  } else if (!isTyping && event.key.toLowerCase() === 't') {
    nextTheme();
  } else {
    return;
  }
  event.preventDefault();
}

function wireControls() {
  let typing = 0;
  byId('search').addEventListener('input', event => {
    clearTimeout(typing);
    typing = setTimeout(() => change({query: event.target.value}), 120);
  });
  byId('only-matches').addEventListener('change', event =>
    change({onlyMatches: event.target.checked}));
  byId('waits').addEventListener('change', event => changeSelection({waits: event.target.value}));
  byId('charge').addEventListener('change', event => changeSelection({charge: event.target.value}));
  byId('unit').addEventListener('change', event => change({unit: event.target.value}));
  byId('columns').addEventListener('change', event => change({columns: event.target.value}));
  byId('theme').addEventListener('click', nextTheme);
  TABS.forEach((tab, i) => {
    byId(`tab-${tab}`).addEventListener('click', () => showTab(tab));
    byId(`tab-${tab}`).addEventListener('keydown', event => {
      const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (!step)
        return;
      const next = TABS[(i + step + TABS.length) % TABS.length];
      showTab(next);
      byId(`tab-${next}`).focus();
    });
  });
  ['lines', 'functions', 'overview'].forEach(id => tipsOf(byId(id)));
  document.addEventListener('keydown', onKey);
  window.addEventListener('resize', () => redraw());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    setTheme(document.documentElement.dataset.choice);
    redraw();
  });
  // On paper everything is light, and all views stand one below the other.
  window.addEventListener('beforeprint', () => {
    const {choice} = document.documentElement.dataset;
    setTheme('light');
    document.documentElement.dataset.choice = choice;
    document.body.classList.add('is-printed');
    update({everything: true});
  });
  window.addEventListener('afterprint', () => {
    document.body.classList.remove('is-printed');
    setTheme(document.documentElement.dataset.choice);
    redraw();
  });
}

function start() {
  const model = loadModel(JSON.parse(byId('data').textContent));
  view.model = model;
  Object.assign(view.selection, {waits: model.view.waits, charge: model.view.charge});
  byId('waits').value = model.view.waits;
  byId('charge').value = model.view.charge;
  byId('columns-label').hidden = !model.memory;
  setTheme(storedTheme());
  makeHeader();
  makeHelp();
  makeStrip();
  makeFlame();
  wireControls();
  onChange(null, drawLegend);
  onChange(null, drawBasis);
  onChange(null, drawSelection);
  onChange(null, drawMemory);
  onChange('lines', drawLines);
  onChange('functions', drawFunctions);
  // Pictures ask how wide they are: after all else, so that the page is laid out once.
  onChange('flame', drawFlame);
  onChange('threads', drawThreads);
  onChange(null, drawStrip);
  const asked = location.hash.replace('#view=', '');
  showTab(TABS.includes(asked) ? asked : 'lines');
  // What a selected time will need, once the first view is seen.
  requestAnimationFrame(() => setTimeout(() => pointsOf(model.stackSeries), 100));
}

start();
