// Stacks as a tree that is drawn: frames of one function (or line) under one
// parent are one node.
'use strict';

// options: inverted (callers below what they called), byLine, byThread.
// A node: {parent, depth, fn, place, thread, ns: by class, totalNs, selfNs,
// samples, children: [most time first], at: where it begins in its parent}.
function buildFlameTree(model, sums, options) {
  const {nodes, places} = model;
  const root = newFlameNode(null, -1, 0, 0);
  const threads = new Map();

  const child = (parent, fn, place) => {
    const key = options.byLine ? place : fn;
    let node = parent.byKey.get(key);
    if (!node) {
      node = newFlameNode(parent, fn, place, parent.thread);
      parent.byKey.set(key, node);
    }
    return node;
  };
  const threadRoot = thread => {
    if (!options.byThread)
      return root;
    if (!threads.has(thread)) {
      const node = newFlameNode(root, -1, 0, thread);
      node.isThread = true;
      threads.set(thread, node);
      root.byKey.set(`thread ${thread}`, node);
    }
    return threads.get(thread);
  };
  const chain = [];
  for (let i = 0; i < sums.count; i++) {
    chain.length = 0;
    for (let n = sums.node[i]; n; n = nodes.parent[n])
      chain.push(nodes.place[n]);
    if (!options.inverted)
      chain.reverse();
    let node = threadRoot(sums.thread[i]);
    addStack(node, sums, i);
    if (!chain.length)
      addStack(node = child(node, 0, 0), sums, i);
    for (const place of chain)
      addStack(node = child(node, places.function[place], place), sums, i);
    node.selfNs += stackNs(sums, i);
  }
  if (options.byThread)
    for (const node of threads.values()) {
      for (let c = 0; c < CLASS_COUNT; c++)
        root.ns[c] += node.ns[c];
      root.totalNs += node.totalNs;
      root.samples += node.samples;
    }
  orderFlameTree(root);
  return root;
}

function newFlameNode(parent, fn, place, thread) {
  return {parent, fn, place, thread, isThread: false, depth: parent ? parent.depth + 1 : 0,
    ns: new Float64Array(CLASS_COUNT), totalNs: 0, selfNs: 0, samples: 0, at: 0,
    byKey: new Map(), children: []};
}

function stackNs(sums, i) {
  let ns = 0;
  for (let c = 0; c < CLASS_COUNT; c++)
    ns += sums.ns[i * CLASS_COUNT + c];
  return ns;
}

function addStack(node, sums, i) {
  for (let c = 0; c < CLASS_COUNT; c++)
    node.ns[c] += sums.ns[i * CLASS_COUNT + c];
  node.totalNs += stackNs(sums, i);
  node.samples += sums.samples[i];
}

// Without recursion: stacks may be thousands of frames deep.
function orderFlameTree(root) {
  const todo = [root];
  while (todo.length) {
    const node = todo.pop();
    node.children = [...node.byKey.values()].sort((a, b) => b.totalNs - a.totalNs);
    let at = 0;
    for (const below of node.children) {
      below.at = at;
      at += below.totalNs;
      todo.push(below);
    }
  }
}

function flameDepth(root) {
  let depth = 0;
  const todo = [root];
  while (todo.length) {
    const node = todo.pop();
    depth = Math.max(depth, node.depth);
    for (const below of node.children)
      todo.push(below);
  }
  return depth;
}
