// Memory of the whole run, decoded: what lines, functions and files allocated, held
// and copied, and stacks with it. It has no part in what is selected.
'use strict';

const MEMORY_LEVELS = 64;
const LEVEL_MAX = 63;
// Classes whose colours and places in sums the allocators have.
const KIND_PYTHON = 1, KIND_NATIVE = 2;

// {key -> row}: key(i) says whose the i-th row is.
function loadMemoryRows(packed, keyOf) {
  const columns = {};
  for (const [name, text] of Object.entries(packed))
    columns[name] = unpack(text);
  const rows = new Map();
  for (let i = 0; i < columns.maximum.length; i++) {
    const of = name => columns[name][i];
    rows.set(keyOf(columns, i), {
      python: of('python'), native: of('native'), allocated: of('python') + of('native'),
      copied: of('copied'), live: of('live'), peak: of('peak'), maximum: of('maximum'),
      average: of('average'), samples: of('samples'),
      allocatedError: of('allocated_error'), peakError: of('peak_error'), // -1: unknown
      leak: of('leak_blocks') ? {bytesPerSecond: of('leak_bytes_per_s'),
        permille: of('leak_permille'), blocks: of('leak_blocks')} : null,
      levels: columns.level?.subarray(i * MEMORY_LEVELS, (i + 1) * MEMORY_LEVELS) || [],
    });
  }
  return rows;
}

function loadMemory(data, model) {
  if (!data)
    return null;
  const lineOf = new Map();
  for (let id = 1; id < model.lines.count; id++)
    lineOf.set(`${model.lines.file[id]}:${model.lines.number[id]}`, id);
  const charges = {};
  for (const [charge, packed] of Object.entries(data.charges))
    charges[charge] = {
      lines: loadMemoryRows(packed.lines, ({file, line}, i) => lineOf.get(`${file[i]}:${line[i]}`)),
      functions: loadMemoryRows(packed.functions, (columns, i) => columns.function[i]),
      files: loadMemoryRows(packed.files, ({file}, i) => file[i]),
    };
  const stacks = {};
  for (const [name, text] of Object.entries(data.stacks))
    stacks[name] = unpack(text);
  return {...data, charges, stacks, all: loadMemoryRows(data.all, () => 0).get(0)};
}

// A row of what allocated nothing.
const NO_MEMORY = {python: 0, native: 0, allocated: 0, copied: 0, live: 0, peak: 0, maximum: 0,
  average: 0, samples: 0, allocatedError: 0, peakError: 0, leak: null, levels: []};

const memoryOf = (tally, id) => tally.memory?.get(id) || NO_MEMORY;

// As sumStacks(), but of bytes: what flame_tree.js makes a tree of. what: allocated,
// peak, live, copied.
function sumMemory(model, what) {
  const {stacks} = model.memory;
  const count = stacks.node.length;
  const sums = {count, node: Int32Array.from(stacks.node), thread: new Int32Array(count),
    ns: new Float64Array(count * CLASS_COUNT), samples: stacks.samples,
    all: new Float64Array(CLASS_COUNT), allNs: 0};
  for (let i = 0; i < count; i++) {
    const kind = stacks.is_python[i] ? KIND_PYTHON : KIND_NATIVE;
    sums.ns[i * CLASS_COUNT + kind] = stacks[what][i];
    sums.all[kind] += stacks[what][i];
    sums.allNs += stacks[what][i];
  }
  return sums;
}
