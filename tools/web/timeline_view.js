// Time from left to right: the strip of all threads, which stays in sight, and
// the view of each thread, of counters and of marks.
'use strict';

const timelineView = {showsAll: false, strips: []};
const THREAD_ROWS = 40;

// ------------------------------------------------- the strip of all threads

function makeStrip() {
  const label = element('div', {}, element('b', {}, 'all threads'),
    element('span', {id: 'strip-scale', class: 'aside'}));
  let layers = null, highest = 0;
  const all = stripRow(label, 72, (context, width, height) => {
    const {selection, model} = view;
    layers = layersOf((thread, kind) => counts(model, selection, thread, kind) > 0);
    highest = highestOf(layers);
    byId('strip-scale').textContent = highest
      ? `up to ${(highest / model.grid.bin_ns).toFixed(1)} at once` : '';
    if (highest)
      paintLayers(context, layers, highest, width, height);
    paintMarkLines(context, width, height);
  }, (event, bin) => binTip(event, bin, layers, ''), {id: 'strip-all', tabindex: '0',
    role: 'slider', 'aria-label': 'Selected time: arrows move it, Shift and arrows its end',
    'aria-valuemin': '0', 'aria-valuemax': '100', 'aria-valuenow': '0',
    title: ''});
  const ruler = stripRow('', 18, paintRuler, null, {'aria-hidden': 'true'});
  all.row.addEventListener('keydown', timeKeydown);
  replaceChildren(byId('timeline-strip'), all.row, ruler.row);
  timelineView.strips = [all.strip, ruler.strip];
}

function drawStrip() {
  const {from, to} = view.selection, all = byId('strip-all');
  timelineView.strips.forEach(paintStrip);
  const text = from === null ? 'all time'
    : `${momentText(stackBinNs(from), view.model.stackGrid.bin_ns)} to ${
      momentText(stackBinNs(to), view.model.stackGrid.bin_ns)}`;
  all.setAttribute('aria-valuetext', text);
  all.setAttribute('aria-valuenow', from === null ? 0
    : Math.round(100 * from / view.model.stackGrid.bin_count));
}

// ------------------------------------------------------------------ marks

// Begins and ends of one name and thread belong together: {name, thread, from,
// to, isInstant}.
function phases() {
  const end = view.model.grid.start_ns + axisSpan();
  const open = new Map(), list = [];
  for (const mark of view.model.marks) {
    const key = `${mark.thread} ${mark.name}`;
    if (mark.kind === 'begin') {
      if (!open.has(key))
        open.set(key, []);
      const phase = {name: mark.name, thread: mark.thread, from: mark.time_ns, to: end};
      open.get(key).push(phase);
      list.push(phase);
    } else if (mark.kind === 'end') {
      const phase = open.get(key)?.pop();
      if (phase)
        phase.to = mark.time_ns;
    } else {
      const name = mark.kind === 'recording_off' ? 'recording off'
        : mark.kind === 'recording_on' ? 'recording on' : mark.name;
      list.push({name, thread: mark.thread, from: mark.time_ns, to: mark.time_ns,
        isInstant: true});
    }
  }
  return list;
}

function paintMarkLines(context, width, height) {
  context.fillStyle = cssColor('--mark');
  context.globalAlpha = 0.55;
  for (const mark of view.model.marks)
    context.fillRect(Math.round(axisX(mark.time_ns, width)), 0, 1, height);
  context.globalAlpha = 1;
}

function paintPhases(context, width, height, list) {
  const font = cssColor('--font'), mark = cssColor('--mark'), text = cssColor('--text');
  context.font = `11px ${font}`;
  context.textBaseline = 'middle';
  for (const phase of list) {
    const x = axisX(phase.from, width), end = axisX(phase.to, width);
    context.globalAlpha = 0.22;
    context.fillStyle = mark;
    if (!phase.isInstant)
      context.fillRect(x, 1, Math.max(1, end - x), height - 2);
    context.globalAlpha = 1;
    context.fillRect(x, 0, 1.5, height);
    const room = (phase.isInstant ? width : end) - x - 6;
    paintText({context}, visible(phase.name), x + 5, height / 2 + 1, Math.min(room, 240), text);
  }
}

function markRows() {
  const byThread = new Map();
  for (const phase of phases()) {
    if (!byThread.has(phase.thread))
      byThread.set(phase.thread, []);
    byThread.get(phase.thread).push(phase);
  }
  return [...byThread].map(([thread, list]) => stripRow(
    element('div', {}, element('b', {}, 'marks'), element('span', {class: 'aside'},
      thread ? threadTitle(view.model, thread) : 'the whole run')),
    22, (context, width, height) => paintPhases(context, width, height, list),
    (event, bin) => {
      const ns = binNs(bin), width = view.model.grid.bin_ns;
      const here = list.filter(phase => phase.from <= ns + 2 * width && phase.to >= ns - width);
      if (here.length)
        showTip(event, momentText(ns, width), here.map(phase => [visible(phase.name),
          phase.isInstant ? momentText(phase.from, width) : timeText(phase.to - phase.from)]));
      else
        hideTip();
    }));
}

// ---------------------------------------------------------------- threads

function threadTimes() {
  const {model} = view, series = model.threadSeries;
  const times = model.threads.map(() => ({cpu: 0, waits: 0}));
  for (let i = 0; i < series.count; i++) {
    const isOff = model.classes[series.kind[i]].is_off_cpu;
    times[series.thread[i]][isOff ? 'waits' : 'cpu'] += series.ns[i];
  }
  return times;
}

function threadRow(id, times) {
  const {model, selection} = view;
  const layers = layersOf((thread, kind) => thread === id &&
    (!selection.classes || selection.classes.has(kind)));
  const isOn = !selection.threads || selection.threads.has(id);
  const title = threadTitle(model, id);
  const box = element('input', {type: 'checkbox', checked: isOn, onchange: () =>
    changeSelection({threads: toggleIn(view.selection.threads, allThreads(), id)})});
  const label = element('div', {},
    element('label', {title: `${title}: press to leave out or take in`}, box,
      ` ${title}`, model.threads[id]?.is_main ? element('span', {class: 'badge'}, 'main') : null),
    element('span', {class: 'aside'}, `CPU ${timeText(times.cpu)}${
      times.waits ? `, off ${timeText(times.waits)}` : ''} `,
    element('button', {type: 'button', class: 'minor', title: 'Only this thread',
      onclick: () => changeSelection({threads: new Set([id])})}, 'only')));
  // Each for itself: a full strip is one thread at work or waiting all the time.
  return stripRow(label, 30, (context, width, height) => {
    context.globalAlpha = isOn ? 1 : 0.3;
    paintLayers(context, layers, Math.max(model.grid.bin_ns, highestOf(layers)), width, height);
    context.globalAlpha = 1;
  }, (event, bin) => binTip(event, bin, layers, title));
}

const allThreads = () => view.model.threads.map((_, id) => id);

function counterRow(counter) {
  const {model} = view;
  const highest = Math.max(...counter.maximum, 1);
  const lowest = Math.min(...counter.minimum, 0);
  const title = visible(counter.description || counter.name);
  const color = cssColor('--counter');
  return stripRow(element('div', {},
    element('b', {title}, `${visible(counter.name)} up to ${quantityText(highest, counter.unit)}`),
    element('span', {class: 'aside'},
      `${counter.process ? processTitle(model, counter.process) : 'host'}${
        counter.instance ? ` ${visible(counter.instance)}` : ''}`)),
  36, (context, width, height) => {
    const y = value => height - 1 - (value - lowest) / (highest - lowest) * (height - 3);
    context.beginPath();
    counter.bin.forEach((bin, i) => {
      const x = (bin + 0.5) / model.grid.bin_count * width;
      if (i)
        context.lineTo(x, y(counter.last[i - 1]));
      context.lineTo(x, y(counter.maximum[i]));
      context.lineTo(x, y(counter.last[i]));
    });
    context.strokeStyle = color;
    context.lineWidth = 1.5;
    context.stroke();
    const last = (counter.bin[counter.bin.length - 1] + 0.5) / model.grid.bin_count * width;
    context.lineTo(last, height);
    context.lineTo((counter.bin[0] + 0.5) / model.grid.bin_count * width, height);
    context.globalAlpha = 0.18;
    context.fillStyle = color;
    context.fill();
    context.globalAlpha = 1;
  }, (event, bin) => {
    let i = counter.bin.length - 1;
    while (i > 0 && counter.bin[i] > bin)
      i--;
    const rows = counter.minimum[i] === counter.maximum[i] || counter.bin[i] !== bin
      ? [['value', quantityText(counter.last[i], counter.unit)]]
      : [['from', quantityText(counter.minimum[i], counter.unit)],
        ['to', quantityText(counter.maximum[i], counter.unit)]];
    showTip(event, `${momentText(binNs(bin), model.grid.bin_ns)} ${title}`, rows);
  });
}

function drawThreads() {
  const {model} = view;
  const times = threadTimes();
  const order = allThreads().filter(id => times[id].cpu || times[id].waits)
    .sort((a, b) => times[b].cpu - times[a].cpu || times[b].waits - times[a].waits);
  const shown = timelineView.showsAll ? order : order.slice(0, THREAD_ROWS);
  const parts = [], strips = timelineView.strips.slice(0, 2);
  const add = ({row, strip}) => {
    parts.push(row);
    strips.push(strip);
  };
  add(stripRow('', 18, paintRuler, null));
  markRows().forEach(add);
  const processes = [...new Set(shown.map(id => model.threads[id].process))];
  for (const process of processes) {
    if (processes.length > 1)
      parts.push(element('h3', {}, processTitle(model, process)));
    shown.filter(id => model.threads[id].process === process)
      .forEach(id => add(threadRow(id, times[id])));
    model.counters.filter(counter => counter.process === process && counter.bin.length)
      .forEach(counter => add(counterRow(counter)));
  }
  model.counters.filter(counter => !processes.includes(counter.process) && counter.bin.length)
    .forEach(counter => add(counterRow(counter)));
  if (shown.length < order.length)
    parts.push(element('p', {class: 'more'}, element('button', {type: 'button',
      onclick: () => { timelineView.showsAll = true; redraw('threads'); }},
    `Show ${plural(order.length - shown.length, 'more thread')}`)));
  replaceChildren(byId('threads'), ...parts);
  timelineView.strips = strips;
  strips.slice(2).forEach(paintStrip);
}
