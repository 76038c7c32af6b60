// The data of the page, decoded. Ids count from 1 and 0 is "none"; all columns of
// a table are arrays of one length, indexed by id.
'use strict';

const CLASS_COUNT = 7;
const FUNCTION_PYTHON = 1;

// Zigzag varints in base64 (tools/emit/packed.h). Values have up to 53 bits; nearly
// all have less than 32, and those can be shifted.
function unpack(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  let count = 0;
  for (let i = 0; i < bytes.length; i++)
    count += (bytes[i] = binary.charCodeAt(i)) < 128;
  const values = new Float64Array(count);
  for (let i = 0, at = 0; at < count; at++) {
    let byte = bytes[i++];
    let value = byte & 127;
    for (let scale = 128; byte >= 128; scale *= 128) {
      byte = bytes[i++];
      value += (byte & 127) * scale;
    }
    values[at] = value < 2 ** 31 ? value >> 1 ^ -(value & 1)
      : value % 2 ? -(value + 1) / 2 : value / 2;
  }
  return values;
}

const unpackIntegers = text => new Int32Array(unpack(text));

// With an item 0 in front.
function unpackTable(text) {
  const values = unpack(text);
  const table = new Int32Array(values.length + 1);
  table.set(values, 1);
  return table;
}

// Of "wait: futex" and "wait: read" the page shows the sum.
const kindsOf = (text, classIds) => unpackIntegers(text).map(id => classIds[id].kind);

function loadSeries(packed, periodNs, classIds) {
  const series = {
    node: unpackIntegers(packed.node),
    thread: unpackIntegers(packed.thread),
    kind: kindsOf(packed.class_id, classIds),
    ns: unpack(packed.time_ns),
    samples: unpack(packed.samples),
    stackCount: 0, // those of one stack stand together
    kinds: new Set(),
    packed, periodNs, points: null, // see pointsOf()
  };
  const {node, kind, ns, samples} = series;
  series.count = node.length;
  for (let i = 0; i < series.count; i++) {
    if (i)
      node[i] += node[i - 1];
    ns[i] += samples[i] * periodNs;
    series.stackCount += !i || node[i] !== node[i - 1];
    series.kinds.add(kind[i]);
  }
  return series;
}

// The time of series in bins: points start[i] to start[i + 1] are those of series i.
// There may be a million, which only a selected time needs: unpacked when asked for.
function pointsOf(series) {
  if (series.points)
    return series.points;
  const {packed, periodNs} = series;
  const start = unpackTable(packed.point_count);
  const bin = unpackIntegers(packed.point_bin);
  const ns = unpack(packed.point_time_ns), samples = unpack(packed.point_samples);
  for (let i = 0, at = 0; i < series.count; i++) {
    start[i + 1] += at;
    for (const first = at; at < start[i + 1]; at++) {
      if (at > first)
        bin[at] += bin[at - 1];
      ns[at] += samples[at] * periodNs;
    }
  }
  series.points = {start, bin, ns, samples};
  series.packed = null;
  return series.points;
}

function loadNodes(packed) {
  const nodes = {
    parent: unpackTable(packed.parent),
    place: unpackTable(packed.place),
    owner: unpackTable(packed.owner), // the node whose line is charged
  };
  for (let id = 1; id < nodes.parent.length; id++) {
    nodes.parent[id] = id - nodes.parent[id];
    let owner = id;
    for (let steps = nodes.owner[id]; steps > 0 && owner; steps--)
      owner = nodes.parent[owner];
    nodes.owner[id] = owner;
  }
  return nodes;
}

function loadFiles(data) {
  const none = {path: '', name: '', is_library: true, is_user: false, is_selected: true};
  return [none, ...data.files].map((file, id) => {
    const text = new Map(file.excerpt || []); // [line] = text
    const first = file.first_line || 1;
    (file.lines || []).forEach((line, i) => text.set(first + i, line));
    return {...file, id, text, isWhole: Boolean(file.lines),
      name: file.path.slice(file.path.lastIndexOf('/') + 1) || file.path};
  });
}

// Lines are what places of one file and line have in common.
function loadLines(places, functions) {
  const ids = new Map();
  const lines = {file: [0], number: [0], ofPlace: new Int32Array(places.function.length)};
  for (let place = 1; place < places.function.length; place++) {
    const file = functions.file[places.function[place]];
    if (!file)
      continue;
    const key = file * 2 ** 32 + places.line[place];
    if (!ids.has(key)) {
      ids.set(key, lines.file.length);
      lines.file.push(file);
      lines.number.push(places.line[place]);
    }
    lines.ofPlace[place] = ids.get(key);
  }
  lines.count = lines.file.length;
  return lines;
}

// Where a function begins, as far as is known: its first line, or the first seen.
function completeFunctions(functions, places) {
  functions.count = functions.name.length;
  functions.begin = Int32Array.from(functions.line);
  for (let place = 1; place < places.function.length; place++) {
    const id = places.function[place], line = places.line[place];
    if (line && !functions.line[id] && (!functions.begin[id] || line < functions.begin[id]))
      functions.begin[id] = line;
  }
  return functions;
}

function loadModel(data) {
  const places = {
    function: unpackTable(data.places.function),
    line: unpackTable(data.places.line),
  };
  const functions = completeFunctions({
    name: ['[no stack]', ...data.functions.name],
    file: unpackTable(data.functions.file),
    line: unpackTable(data.functions.line),
    lineCount: unpackTable(data.functions.line_count),
    kind: unpackTable(data.functions.kind),
  }, places);
  const model = {
    run: data.run,
    view: data.view,
    classes: data.classes,
    classOrder: data.class_order,
    processes: [{pid: 0, executable: '', python: ''}, ...data.processes],
    threads: [{process: 0, tid: 0, name: '', is_main: false}, ...data.threads],
    nodes: loadNodes(data.nodes),
    places,
    functions,
    lines: loadLines(places, functions),
    files: loadFiles(data),
    grid: data.grid,
    stackGrid: data.stack_grid,
    threadSeries: loadSeries(data.thread_series, data.period_ns, data.class_ids),
    stackSeries: loadSeries(data.stack_series, data.period_ns, data.class_ids),
    awaits: {
      node: unpack(data.awaits.node), thread: unpack(data.awaits.thread),
      kind: kindsOf(data.awaits.class_id, data.class_ids), ns: unpack(data.awaits.time_ns),
    },
    counters: data.counters.map(counter => {
      const bins = unpack(counter.bin);
      for (let i = 1; i < bins.length; i++)
        bins[i] += bins[i - 1];
      return {...counter, bin: bins, minimum: unpack(counter.minimum),
        maximum: unpack(counter.maximum), last: unpack(counter.last)};
    }),
    marks: data.marks,
  };
  model.memory = loadMemory(data.memory, model);
  return model;
}
