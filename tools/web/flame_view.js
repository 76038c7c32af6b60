// The flame graph: a tree of stacks on a canvas that draws only what is seen.
'use strict';

const flameView = {
  metric: 'time', // or what of memory.js's sumMemory()
  inverted: false, byLine: false, byThread: false, color: 'class',
  root: null, builtFor: null, depth: 0,
  zoom: null, focus: null, hover: null, // nodes
  boxes: [],                            // what was drawn: {node, x, y, w}
};
const BOX_HEIGHT = 19;

const flameKey = node => node.isThread ? `thread ${node.thread}`
  : flameView.byLine ? node.place : node.fn;

function flameTitle(node) {
  if (!node.parent)
    return 'all';
  if (node.isThread)
    return threadTitle(view.model, node.thread);
  const line = view.model.places.line[node.place];
  const title = functionTitle(view.model, node.fn);
  return flameView.byLine && line ? `${title}:${line}` : title;
}

// The node that stands where another stood in an earlier tree, or its nearest.
function sameNode(old) {
  const path = [];
  for (let node = old; node?.parent; node = node.parent)
    path.push(flameKey(node));
  let found = flameView.root;
  while (path.length && found.byKey.has(path[path.length - 1]))
    found = found.byKey.get(path.pop());
  return found;
}

const FLAME_METRICS = [
  ['time', 'time'],
  ['allocated', 'memory allocated'],
  ['peak', 'memory held at the peak'],
  ['live', 'memory held at the end'],
  ['copied', 'memory copied'],
];

// Of the whole run: computed once.
function memorySums(what) {
  flameView.memorySums ||= new Map();
  if (!flameView.memorySums.has(what))
    flameView.memorySums.set(what, sumMemory(view.model, what));
  return flameView.memorySums.get(what);
}

function flameAmount(value) {
  return flameView.metric === 'time' ? amountBoth(value)
    : `${percentText(share(value, flameView.root.totalNs))} % · ${bytesText(value)}`;
}

function buildFlame() {
  const {metric, inverted, byLine} = flameView;
  const byThread = flameView.byThread && metric === 'time';
  const all = metric === 'time' ? view.sums : memorySums(metric);
  const wanted = [all, inverted, byLine, byThread];
  if (flameView.builtFor?.every((one, i) => one === wanted[i]))
    return;
  const sums = byThread ? sumStacks(view.model, view.selection, true) : all;
  flameView.root = buildFlameTree(view.model, sums, {inverted, byLine, byThread});
  flameView.depth = flameDepth(flameView.root);
  flameView.zoom = sameNode(flameView.zoom);
  flameView.focus = flameView.focus ? sameNode(flameView.focus) : null;
  flameView.hover = null;
  flameView.builtFor = wanted;
}

function setFlame(what) {
  Object.assign(flameView, what);
  redraw('flame');
}

function makeFlame() {
  const option = (key, label, title) => {
    const box = element('input', {type: 'checkbox',
      onchange: event => setFlame({[key]: event.target.checked, zoom: null, focus: null})});
    flameView[`${key}Box`] = box;
    return element('label', {title}, box, ` ${label}`);
  };
  const color = element('select', {onchange: event => setFlame({color: event.target.value})},
    element('option', {value: 'class'}, 'class'), element('option', {value: 'file'}, 'file'),
    element('option', {value: 'thread'}, 'thread'));
  const metric = element('select', {'aria-label': 'What the width of a box is',
    onchange: event => setFlame({metric: event.target.value, zoom: null, focus: null})},
  ...FLAME_METRICS.map(([value, label]) => element('option', {value}, label)));
  replaceChildren(byId('flame'),
    element('div', {class: 'choices'},
      view.model.memory ? element('label', {}, 'of ', metric) : null,
      option('inverted', 'callers below (inverted)', 'The functions that ran on top, below each who called it'),
      option('byLine', 'lines', 'Lines of a function apart'),
      option('byThread', 'threads', 'Threads apart'),
      element('label', {}, 'colour by ', color),
      element('button', {type: 'button', id: 'flame-reset', onclick: () => zoomFlame(null)},
        'Reset zoom')),
    element('p', {id: 'flame-detail', role: 'status'}),
    element('div', {id: 'flame-scroll', tabindex: '0', role: 'application',
      'aria-label': 'Flame graph: arrow keys walk, Enter zooms, S shows the source'},
    element('div', {id: 'flame-height'}, element('canvas', {id: 'flame-canvas'}))));
  flameView.colorBox = color;
  flameView.metricBox = metric;

  const scroll = byId('flame-scroll');
  scroll.addEventListener('scroll', paintFlame, {passive: true});
  scroll.addEventListener('keydown', flameKeydown);
  const canvas = byId('flame-canvas');
  canvas.addEventListener('mousemove', event => {
    const node = flameAt(event);
    flameView.hover = node;
    canvas.style.cursor = node ? 'pointer' : '';
    if (node)
      showFlameTip(event, node);
    else
      hideTip();
    paintFlame();
  });
  canvas.addEventListener('mouseleave', () => {
    flameView.hover = null;
    hideTip();
    paintFlame();
  });
  canvas.addEventListener('click', event => {
    const node = flameAt(event);
    if (node && (event.ctrlKey || event.metaKey || event.altKey))
      showFlameSource(node);
    else if (node)
      zoomFlame(node);
  });
}

function drawFlame() {
  buildFlame();
  byId('flame-reset').disabled = flameView.zoom === flameView.root;
  flameView.byThreadBox.disabled = flameView.metric !== 'time';
  const height = (flameView.depth + 1) * BOX_HEIGHT + 2;
  byId('flame-height').style.height = `${height}px`;
  byId('flame-scroll').style.height = `${height}px`;
  paintFlame();
}

function zoomFlame(node) {
  flameView.zoom = node || flameView.root;
  flameView.focus = node;
  hideTip();
  drawFlame();
}

// ---------------------------------------------------------------- painting

function flameAt(event) {
  const box = event.currentTarget.getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  for (const drawn of flameView.boxes)
    if (y >= drawn.y && y < drawn.y + BOX_HEIGHT && x >= drawn.x && x < drawn.x + drawn.w)
      return drawn.node;
  return null;
}

// Hues that stay the same from page to page.
function hueOf(text) {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++)
    hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return (hash >>> 0) % 360;
}

function flameHue(node) {
  if (flameView.color === 'thread')
    return node.thread ? node.thread * 137.5 % 360 : null;
  const file = view.model.files[view.model.functions.file[node.fn]];
  return node.fn < 0 ? null : hueOf(file?.path || view.model.functions.name[node.fn]);
}

function paintFlame() {
  const scroll = byId('flame-scroll'), canvas = byId('flame-canvas');
  const width = scroll.clientWidth, height = scroll.clientHeight;
  const {root, zoom} = flameView;
  flameView.boxes = [];
  if (!root?.totalNs || !width) {
    canvasContext(canvas, Math.max(width, 1), 60);
    return showFlameDetail();
  }
  const paint = {
    context: canvasContext(canvas, width, height),
    top: scroll.scrollTop, height,
    isDark: document.documentElement.dataset.theme === 'dark',
    colors: view.model.classes.map((_, kind) => classColor(kind)),
    texts: view.model.classes.map(one => cssColor(`--on-${one.name}`)),
    mark: cssColor('--mark'), quiet: cssColor('--well'),
    text: cssColor('--text'), match: cssColor('--match'), font: cssColor('--font'),
  };
  paint.context.font = `12px ${paint.font}`;
  paint.context.textBaseline = 'middle';
  for (let node = zoom.parent; node; node = node.parent)
    paintBox(paint, node, 0, width, true);
  const todo = [[zoom, 0, width]];
  while (todo.length) {
    const [node, x, w] = todo.pop();
    paintBox(paint, node, x, w, false);
    if ((node.depth + 1) * BOX_HEIGHT - paint.top > height)
      continue;
    for (const below of node.children) {
      const share = w / node.totalNs;
      if (below.totalNs * share >= 0.4)
        todo.push([below, x + below.at * share, below.totalNs * share]);
    }
  }
  showFlameDetail();
}

function paintBox(paint, node, x, w, isOutside) {
  const {context} = paint;
  const y = node.depth * BOX_HEIGHT - paint.top;
  if (y < -BOX_HEIGHT || y > paint.height)
    return;
  const h = BOX_HEIGHT - 1, wide = Math.max(w - (w > 3 ? 1 : 0), 0.4);
  const found = view.matches && node.fn >= 0 && view.matches.functions[node.fn];
  const {query} = view;
  let textColor = paint.text;

  context.globalAlpha = isOutside ? 0.45 : query && !found ? 0.35 : 1;
  if (!node.parent) {
    context.fillStyle = paint.quiet;
    context.fillRect(x, y, wide, h);
  } else if (flameView.color === 'class') {
    textColor = paintClasses(paint, node, x, y, wide, h);
  } else {
    const hue = flameHue(node);
    context.fillStyle = hue === null ? paint.quiet
      : `hsl(${hue} ${paint.isDark ? '38% 58%' : '58% 70%'})`;
    textColor = hue === null ? paint.text : '#000';
    context.fillRect(x, y, wide, h);
  }
  context.globalAlpha = 1;
  if (found) {
    context.fillStyle = paint.match;
    context.fillRect(x, y + h - 3, wide, 3);
  }
  if (node === flameView.hover || node === flameView.focus) {
    context.strokeStyle = paint.mark;
    context.lineWidth = node === flameView.focus ? 2 : 1;
    context.strokeRect(x + 1, y + 1, Math.max(wide - 2, 1), h - 2);
  }
  if (wide > 26)
    paintText(paint, flameTitle(node), x + 4, y + h / 2 + 0.5, wide - 8,
      query && !found && !isOutside || isOutside ? paint.text : textColor);
  flameView.boxes.push({node, x, y, w: Math.max(w, 1)});
}

// The colour of the class with most of the box's time; below it, how all classes
// share in it.
function paintClasses(paint, node, x, y, wide, h) {
  const {context} = paint;
  let most = view.model.classOrder[0], at = x;
  for (const kind of view.model.classOrder)
    if (node.ns[kind] > node.ns[most])
      most = kind;
  context.fillStyle = paint.colors[most];
  context.fillRect(x, y, wide, h);
  if (wide < 8 || node.ns[most] > 0.98 * node.totalNs)
    return paint.texts[most];
  for (const kind of view.model.classOrder) {
    const part = wide * node.ns[kind] / node.totalNs;
    if (kind !== most && part >= 0.5) {
      context.fillStyle = paint.colors[kind];
      context.fillRect(at, y + h - 4, part, 4);
    }
    at += part;
  }
  return paint.texts[most];
}

// As much of a text as there is room for.
function paintText(paint, text, x, y, room, color) {
  const {context} = paint;
  let shown = text;
  if (context.measureText(text).width > room) {
    const each = context.measureText('x').width;
    shown = `${text.slice(0, Math.max(0, Math.floor(room / each) - 1))}…`;
    while (shown.length > 1 && context.measureText(shown).width > room)
      shown = `${shown.slice(0, -2)}…`;
    if (shown.length < 3)
      return;
  }
  context.fillStyle = color;
  context.fillText(shown, x, y);
}

// ------------------------------------------------------------------ words

function showFlameTip(event, node) {
  const where = node.fn > 0 ? whereText(view.model, node.fn,
    flameView.byLine ? view.model.places.line[node.place] : 0) : '';
  showTip(event, flameTitle(node), [...(where ? [['in', where]] : []),
    ['total', flameAmount(node.totalNs)], ['self', flameAmount(flameSelf(node))],
    ...flameView.metric === 'time' ? classRows(node.ns) : allocatorRows(node.ns),
    ['samples', countText(node.samples)]],
  node.parent ? 'Click zooms, Ctrl-click shows the source' : '');
}

// Of an inverted tree, self time is what ran on top.
function flameSelf(node) {
  if (!flameView.inverted)
    return node.selfNs;
  return node.parent && (!node.parent.parent || node.parent.isThread) ? node.totalNs : 0;
}

function showFlameDetail() {
  const {focus, zoom, root} = flameView;
  const node = focus || (zoom !== root ? zoom : null);
  const source = node?.fn > 0 && view.model.functions.file[node.fn];
  replaceChildren(byId('flame-detail'), node
    ? element('span', {}, element('strong', {}, flameTitle(node)),
      ` ${node.fn > 0 ? whereText(view.model, node.fn, 0) : ''} — ${flameAmount(node.totalNs)}, self ${
        flameAmount(flameSelf(node))} `)
    : flameView.metric !== 'time' && !root.totalNs ? 'Nothing of that.'
    : 'Click a box to zoom, its ancestors to come back. Ctrl-click shows the source.',
  source ? element('button', {type: 'button', class: 'link',
    onclick: () => showFlameSource(node)}, 'source') : null);
}

function showFlameSource(node) {
  const {model} = view;
  const file = node.fn > 0 && model.functions.file[node.fn];
  if (file)
    showLine(file, flameView.byLine && model.places.line[node.place] ||
      model.functions.begin[node.fn]);
}

function flameKeydown(event) {
  const at = flameView.focus || flameView.zoom;
  const siblings = at.parent ? at.parent.children : [at];
  const index = siblings.indexOf(at);
  const next = {
    ArrowDown: at.children[0], ArrowUp: at.parent,
    ArrowLeft: siblings[index - 1], ArrowRight: siblings[index + 1],
  };
  if (event.key in next) {
    flameView.focus = next[event.key] || at;
    const scroll = byId('flame-scroll');
    const y = flameView.focus.depth * BOX_HEIGHT;
    if (y < scroll.scrollTop || y + BOX_HEIGHT > scroll.scrollTop + scroll.clientHeight)
      scroll.scrollTop = y - scroll.clientHeight / 2;
  } else if (event.key === 'Enter') {
    return zoomFlame(at);
  } else if (event.key === 's' || event.key === 'S') {
    return showFlameSource(at);
  } else {
    return undefined;
  }
  event.preventDefault();
  return paintFlame();
}

// The heaviest box of a function, or who calls it.
function showInFlame(fn, asCallers) {
  Object.assign(flameView, {metric: 'time', inverted: asCallers, byLine: false,
    byThread: false, zoom: null, focus: null});
  flameView.metricBox.value = 'time';
  for (const key of ['inverted', 'byLine', 'byThread'])
    flameView[`${key}Box`].checked = flameView[key];
  buildFlame();
  let best = null;
  const todo = [flameView.root];
  while (todo.length) {
    const node = todo.pop();
    if (node.fn === fn && (!best || node.totalNs > best.totalNs))
      best = node;
    todo.push(...node.children);
  }
  flameView.zoom = best || flameView.root;
  flameView.focus = best;
  redraw('flame');
  showTab('flame');
}
