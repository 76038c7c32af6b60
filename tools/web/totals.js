// The time of what is selected: by stack, and from that by line, function and
// file. The rules are those of tools/core/report.h, so that the numbers are those
// of `pconv --to table`.
//
// A selection has
//   from, to    bins of the stacks' grid, `to` excluded; null = all time
//   threads     a Set of ids, or null
//   classes     a Set of kinds, or null
//   waits       whose waits count: 'main' threads', 'all' threads', 'none'
//   charge      'self', or 'user': libraries count for the line that called them
//   only        a mask of nodes whose stacks count, or null
'use strict';

// Whether a series is part of the 100 %: 1; or 0; or -1 for waits that are told
// beside it.
function counts(model, selection, thread, kind) {
  if (selection.threads && !selection.threads.has(thread) ||
      selection.classes && !selection.classes.has(kind))
    return 0;
  if (!model.classes[kind].is_off_cpu || selection.waits === 'all')
    return 1;
  if (selection.waits === 'none')
    return -1;
  return !thread || model.threads[thread].is_main ? 1 : -1;
}

// {count, node[], thread[], ns[i * CLASS_COUNT + kind], samples[], allNs, ...}
function sumStacks(model, selection, byThread = false) {
  const series = model.stackSeries;
  const points = selection.from === null ? null : pointsOf(series);
  const most = byThread ? series.count : series.stackCount;
  const sums = {count: 0, node: new Int32Array(most), thread: new Int32Array(most),
    ns: new Float64Array(most * CLASS_COUNT), samples: new Float64Array(most),
    all: new Float64Array(CLASS_COUNT), allNs: 0, allSamples: 0, otherWaitsNs: 0};
  const counted = model.threads.map((_, thread) =>
    model.classes.map((_, kind) => counts(model, selection, thread, kind)));

  for (let i = 0, at = -1; i < series.count; i++) {
    const kind = series.kind[i], node = series.node[i];
    const isCounted = counted[series.thread[i]][kind];
    if (!isCounted || selection.only && !selection.only[node])
      continue;
    let ns = 0, samples = 0;
    if (!points) {
      ns = series.ns[i];
      samples = series.samples[i];
    } else {
      for (let k = points.start[i]; k < points.start[i + 1]; k++)
        if (points.bin[k] >= selection.from && points.bin[k] < selection.to) {
          ns += points.ns[k];
          samples += points.samples[k];
        }
    }
    if (isCounted < 0) {
      sums.otherWaitsNs += ns;
      continue;
    }
    if (!ns && !samples)
      continue;
    const thread = byThread ? series.thread[i] : 0;
    if (at < 0 || sums.node[at] !== node || sums.thread[at] !== thread) {
      at = sums.count++;
      sums.node[at] = node;
      sums.thread[at] = thread;
    }
    sums.ns[at * CLASS_COUNT + kind] += ns;
    sums.samples[at] += samples;
    sums.all[kind] += ns;
    sums.allNs += ns;
    sums.allSamples += samples;
  }
  return sums;
}

function newTally(count) {
  return {
    ns: new Float64Array(count * CLASS_COUNT), // self, [id * CLASS_COUNT + kind]
    selfNs: new Float64Array(count),
    totalNs: new Float64Array(count),
    awaitNs: new Float64Array(count), // time that tasks were suspended: no part of the others
    samples: new Float64Array(count),
    seen: new Int32Array(count), // last stack counted: recursion counts once
  };
}

function addTotal(tally, id, ns, stamp) {
  if (tally.seen[id] !== stamp) {
    tally.seen[id] = stamp;
    tally.totalNs[id] += ns;
  }
}

function addSelf(tally, id, sums, i, ns) {
  for (let c = 0; c < CLASS_COUNT; c++)
    tally.ns[id * CLASS_COUNT + c] += sums.ns[i * CLASS_COUNT + c];
  tally.selfNs[id] += ns;
  tally.samples[id] += sums.samples[i];
}

function chargedNode(model, node, charge) {
  const {nodes, places, functions, files} = model;
  if (charge === 'user')
    for (let n = node; n; n = nodes.parent[n])
      if (files[functions.file[places.function[nodes.place[n]]]].is_user)
        return n;
  return nodes.owner[node];
}

// Adds the time that tasks awaited, always charged to the user's own code as far as
// there is some, to the tallies; returns the sum. It has no place in time.
function addAwaits(model, selection, tallies) {
  const {awaits, nodes, places, functions, lines} = model;
  let sum = 0;
  for (let i = 0; selection.from === null && i < awaits.ns.length; i++) {
    const ns = awaits.ns[i], node = awaits.node[i];
    if (selection.threads && !selection.threads.has(awaits.thread[i]) ||
        selection.classes && !selection.classes.has(awaits.kind[i]) ||
        selection.only && !selection.only[node])
      continue;
    const place = nodes.place[chargedNode(model, node, 'user')];
    const fn = places.function[place];
    tallies.lines.awaitNs[lines.ofPlace[place]] += ns;
    tallies.functions.awaitNs[fn] += ns;
    tallies.files.awaitNs[functions.file[fn]] += ns;
    sum += ns;
  }
  return sum;
}

// {lines, functions, files}: tallies; function 0 is "[no stack]", file 0 is what
// has no source file.
function sumPlaces(model, sums, charge) {
  const {nodes, places, functions, lines} = model;
  const tallies = {
    lines: newTally(lines.count),
    functions: newTally(functions.count),
    files: newTally(model.files.length),
  };

  for (let i = 0; i < sums.count; i++) {
    const stamp = i + 1;
    const charged = chargedNode(model, sums.node[i], charge);
    let ns = 0;
    for (let c = 0; c < CLASS_COUNT; c++)
      ns += sums.ns[i * CLASS_COUNT + c];
    for (let n = sums.node[i]; n; n = nodes.parent[n]) {
      const place = nodes.place[n];
      const fn = places.function[place];
      const line = lines.ofPlace[place];
      if (line) {
        addTotal(tallies.lines, line, ns, stamp);
        if (n === charged)
          addSelf(tallies.lines, line, sums, i, ns);
      }
      addTotal(tallies.functions, fn, ns, stamp);
      addTotal(tallies.files, functions.file[fn], ns, stamp);
      if (n === charged) {
        addSelf(tallies.functions, fn, sums, i, ns);
        addSelf(tallies.files, functions.file[fn], sums, i, ns);
      }
    }
    if (!sums.node[i]) {
      for (const tally of [tallies.functions, tallies.files]) {
        addTotal(tally, 0, ns, stamp);
        addSelf(tally, 0, sums, i, ns);
      }
    }
  }
  return tallies;
}

// Which nodes have something in their stack that the predicate on functions
// likes; callers have smaller ids.
function nodesMatching(model, likesFunction) {
  const {nodes, places} = model;
  const mask = new Uint8Array(nodes.parent.length);
  for (let n = 1; n < mask.length; n++)
    mask[n] = mask[nodes.parent[n]] || likesFunction[places.function[nodes.place[n]]];
  return mask;
}
