// One time axis for all strips: where a bin is, what a pointer is over, and how a
// part of it is selected. Strips are canvases of one width.
'use strict';

const axis = {
  strips: [],     // {canvas, height, paint(context, width, height), tip(bin)}
  drag: null,     // {anchor, edge} in stack bins while a button is down
};

// The part of the grid that has anything: a selected time may be far from bin 0.
const axisSpan = () => view.model.grid.bin_count * view.model.grid.bin_ns;
const axisX = (ns, width) => (ns - view.model.grid.start_ns) / axisSpan() * width;
const binNs = bin => view.model.grid.start_ns + bin * view.model.grid.bin_ns;
const stackBinNs = bin => Math.min(
  view.model.stackGrid.start_ns + bin * view.model.stackGrid.bin_ns,
  view.model.grid.start_ns + axisSpan());

// Time by kind and bin of the series that `wants` likes.
function layersOf(wants) {
  const {model} = view, series = model.threadSeries, bins = model.grid.bin_count;
  const points = pointsOf(series);
  const layers = model.classes.map(() => new Float64Array(bins));
  for (let i = 0; i < series.count; i++) {
    const kind = series.kind[i];
    if (wants(series.thread[i], kind))
      for (let k = points.start[i]; k < points.start[i + 1]; k++)
        layers[kind][points.bin[k]] += points.ns[k];
  }
  return layers;
}

function highestOf(layers) {
  let highest = 0;
  for (let bin = 0; bin < view.model.grid.bin_count; bin++)
    highest = Math.max(highest, layers.reduce((sum, layer) => sum + layer[bin], 0));
  return highest;
}

// Stacked, from the bottom up, in the order of the classes.
function paintLayers(context, layers, highest, width, height) {
  const bins = view.model.grid.bin_count;
  const base = new Float64Array(bins);
  for (const kind of view.model.classOrder) {
    const layer = layers[kind];
    context.fillStyle = classColor(kind);
    for (let bin = 0; bin < bins; bin++) {
      if (layer[bin] <= 0)
        continue;
      const x = Math.floor(bin / bins * width), next = Math.floor((bin + 1) / bins * width);
      const y = base[bin] / highest * height;
      base[bin] += layer[bin];
      context.fillRect(x, height - base[bin] / highest * height, Math.max(1, next - x),
        base[bin] / highest * height - y);
    }
  }
}

function paintSelection(context, width, height) {
  const {from, to} = view.selection;
  if (from === null)
    return;
  const x = axisX(stackBinNs(from), width), end = axisX(stackBinNs(to), width);
  context.fillStyle = cssColor('--veil');
  context.fillRect(0, 0, x, height);
  context.fillRect(end, 0, width - end, height);
  context.fillStyle = cssColor('--mark');
  context.fillRect(x - 1, 0, 1.5, height);
  context.fillRect(end - 0.5, 0, 1.5, height);
}

// A canvas in a row with a label; paint draws what is below the selection.
function stripRow(label, height, paint, tip, properties = {}) {
  const canvas = element('canvas', {class: 'strip'});
  const strip = {canvas, height, paint, tip};
  selectBy(canvas, strip);
  return {strip, row: element('div', {class: 'strip-row', ...properties},
    element('div', {class: 'strip-label'}, label), canvas)};
}

function paintStrip({canvas, height, paint}) {
  const width = canvas.clientWidth;
  if (!width)
    return;
  const context = canvasContext(canvas, width, height);
  paint(context, width, height);
  paintSelection(context, width, height);
}

// What is round beyond ten seconds, in seconds, up to a day.
const ROUND_TIMES = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400];

function roundStep(wanted) {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const clock = ROUND_TIMES.map(seconds => seconds * 1e9).find(ns => ns >= wanted);
  return wanted > 10e9 && clock || [1, 2, 5, 10].map(n => n * power).find(n => n >= wanted);
}

// Round times for the ruler: at most one each 90 pixels.
function ticks(width) {
  const step = roundStep(axisSpan() / Math.max(1, width / 90));
  const start = view.model.grid.start_ns;
  const list = [];
  // Nothing was recorded.
  if (step < 1)
    return {list, step};
  for (let ns = Math.ceil(start / step) * step; ns <= start + axisSpan(); ns += step)
    list.push(ns);
  return {list, step};
}

function paintRuler(context, width, height) {
  const {list, step} = ticks(width);
  context.fillStyle = context.strokeStyle = cssColor('--quiet');
  context.font = `11px ${cssColor('--font')}`;
  context.textBaseline = 'middle';
  for (const ns of list) {
    const x = axisX(ns, width), text = momentText(ns, step);
    const half = context.measureText(text).width / 2;
    context.fillRect(x, 0, 1, 4);
    context.fillText(text, Math.min(Math.max(0, x - half), width - 2 * half), height / 2 + 3);
  }
}

// ------------------------------------------------------------- selecting

function stackBinAt(event, canvas) {
  const box = canvas.getBoundingClientRect();
  const part = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
  const ns = part * axisSpan();
  return Math.min(view.model.stackGrid.bin_count - 1,
    Math.floor(ns / view.model.stackGrid.bin_ns));
}

function selectBy(canvas, strip) {
  canvas.addEventListener('pointerdown', event => {
    if (event.button !== 0)
      return;
    canvas.setPointerCapture(event.pointerId);
    const bin = stackBinAt(event, canvas), {from, to} = view.selection;
    // An edge that is near is moved, else a new part begins.
    const near = edge => from !== null && Math.abs(event.clientX -
      canvas.getBoundingClientRect().left - axisX(stackBinNs(edge), canvas.clientWidth)) < 5;
    axis.drag = near(from) ? {anchor: to - 1} : near(to) ? {anchor: from}
      : {anchor: bin, isNew: true, x: event.clientX};
    event.preventDefault();
    byId('strip-all')?.focus({preventScroll: true});
  });
  canvas.addEventListener('pointermove', event => {
    const bin = stackBinAt(event, canvas);
    if (axis.drag && !(axis.drag.isNew && Math.abs(event.clientX - axis.drag.x) < 3)) {
      axis.drag.isNew = false;
      hideTip();
      selectTime(Math.min(axis.drag.anchor, bin), Math.max(axis.drag.anchor, bin) + 1);
    } else if (!axis.drag && strip.tip) {
      const box = canvas.getBoundingClientRect();
      const fine = Math.floor((event.clientX - box.left) / box.width *
        view.model.grid.bin_count);
      strip.tip(event, Math.min(Math.max(fine, 0), view.model.grid.bin_count - 1));
    }
  });
  const end = () => {
    // A click without a drag takes the selection back.
    if (axis.drag?.isNew && view.selection.from !== null)
      changeSelection({from: null, to: null});
    axis.drag = null;
  };
  canvas.addEventListener('pointerup', end);
  canvas.addEventListener('pointercancel', end);
  canvas.addEventListener('pointerleave', hideTip);
}

function selectTime(from, to) {
  const last = view.model.stackGrid.bin_count;
  from = Math.max(0, Math.min(from, last - 1));
  to = Math.max(from + 1, Math.min(to, last));
  if (from !== view.selection.from || to !== view.selection.to)
    changeSelection({from, to});
}

// Arrows move the selected part, with Shift its end; Home and End go to the ends.
function timeKeydown(event) {
  const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (!step)
    return;
  const bins = view.model.stackGrid.bin_count;
  const {from, to} = view.selection;
  event.preventDefault();
  if (from === null)
    selectTime(step > 0 ? 0 : bins - Math.ceil(bins / 10), step > 0 ? Math.ceil(bins / 10) : bins);
  else if (event.shiftKey)
    selectTime(from, Math.max(from + 1, to + step));
  else if (from + step >= 0 && to + step <= bins)
    selectTime(from + step, to + step);
}

function binTip(event, bin, layers, title) {
  const width = view.model.grid.bin_ns;
  const rows = view.model.classOrder.filter(kind => layers[kind][bin] > 0).map(kind =>
    [view.model.classes[kind].label,
      `${(layers[kind][bin] / width).toFixed(2)} × · ${timeText(layers[kind][bin])}`,
      classColor(kind)]);
  showTip(event, `${momentText(binNs(bin), width)} ${title}`, rows,
    `${timeText(width)} wide; × is how many threads at a time`);
}
