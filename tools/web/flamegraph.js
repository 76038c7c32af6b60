// The flame graph in a browser. The file holds the tree as columns in preorder
// (tools/emit/flamegraph.c); this draws of it what can be seen: every row and
// frame that is in the window and wide enough.
'use strict';
(() => {
  const SVG = 'http://www.w3.org/2000/svg', HTML = 'http://www.w3.org/1999/xhtml';
  const ROW = 18, MARGIN = 10, WIDTH_MIN = 0.5;
  const svg = document.documentElement;
  const data = JSON.parse(document.getElementById('data').textContent);
  const {frame, depth, classes} = data;
  const count = frame.length;

  // ---------------------------------------------------------------- the tree

  const total = new Float64Array(count), start = new Float64Array(count);
  const self = new Float64Array(count), end = new Uint32Array(count);
  const parent = new Int32Array(count).fill(-1), largest = new Uint8Array(count);
  let rows = 0;

  function buildTree() {
    const path = [], filled = [];
    for (let i = 0; i < count; i++) {
      for (let c = 0; c < classes.length; c++) {
        total[i] += classes[c].values[i];
        if (classes[c].values[i] > classes[largest[i]].values[i])
          largest[i] = c;
      }
      while (path.length > depth[i])
        end[path.pop()] = i;
      self[i] = total[i];
      if (path.length) {
        const p = path[path.length - 1];
        parent[i] = p;
        start[i] = start[p] + filled[depth[p]];
        filled[depth[p]] += total[i];
        self[p] -= total[i];
      }
      path.push(i);
      filled[depth[i]] = 0;
      rows = Math.max(rows, depth[i] + 1);
    }
    while (path.length)
      end[path.pop()] = count;
  }

  // ------------------------------------------------------------------ wording

  const nameOf = i => data.names[frame[i] - 1];
  const fileOf = i => data.files[data.fileOf[frame[i] - 1] - 1] ?? '';
  const isGathered = i => frame[i] === data.gathered;

  function placeOf(i, file) {
    const line = data.lines[frame[i] - 1];
    return file && line ? `${file}:${line}` : file;
  }

  function labelOf(i) {
    const place = placeOf(i, fileOf(i).replace(/^.*\//, ''));
    return place ? `${nameOf(i)} (${place})` : nameOf(i);
  }

  // Three digits, as the tools' units_bytes().
  function bytes(value) {
    const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
    let scaled = value / 1024, i = 0;
    if (value < 1024)
      return `${value} byte${value === 1 ? '' : 's'}`;
    for (; scaled >= 1023.5 && i + 1 < units.length; i++)
      scaled /= 1024;
    return `${scaled.toFixed(scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0)} ${units[i]}`;
  }

  function amount(value) {
    if (data.unit === 'samples')
      return `${value.toLocaleString('en')} sample${value === 1 ? '' : 's'}`;
    if (data.unit === 'bytes')
      return bytes(value);
    for (const [unit, size] of [['s', 1e9], ['ms', 1e6], ['us', 1e3]])
      if (value >= size)
        return `${(value / size).toPrecision(value >= 1000 * size ? 4 : 3)} ${unit}`;
    return `${value} ns`;
  }

  const percent = (part, whole) => `${(whole ? part / whole * 100 : 0).toFixed(2)} %`;

  // --------------------------------------------------------------- the window

  const view = {zoom: 0, cursor: -1, flip: false, color: 'class', matches: null, pattern: ''};

  function make(space, name, attributes = {}, ...children) {
    const node = document.createElementNS(space, name);
    for (const [key, value] of Object.entries(attributes))
      if (key.startsWith('on'))
        node.addEventListener(key.slice(2), value);
      else
        node.setAttribute(key, value);
    node.append(...children);
    return node;
  }
  const html = (name, attributes, ...children) => make(HTML, name, attributes, ...children);

  const found = html('span', {class: 'found', role: 'status'});
  const search = html('input', {type: 'search', placeholder: 'Search ( / )',
    'aria-label': 'Search frames by name or file', title: 'A part of a name or path; /…/ is a regular expression',
    oninput: () => find(search.value)});
  const reset = html('button', {type: 'button', onclick: () => zoom(0), title: 'Esc'}, 'Reset zoom');
  const flip = html('button', {type: 'button', title: 'I',
    onclick: () => turn()}, 'Flip');
  const color = html('select', {'aria-label': 'Colours by', title: 'C',
    onchange: () => change({color: color.value})},
    html('option', {value: 'class'},
      `colours: ${data.unit === 'bytes' ? 'whose allocator' : 'class of time'}`),
    html('option', {value: 'file'}, 'colours: file'));
  const legend = html('div', {class: 'legend'});
  const head = html('div', {class: 'head'},
    html('h1', {title: data.title}, data.title), html('p', {}, data.subtitle),
    html('div', {class: 'bar'}, search, reset, flip, color, found), legend);
  const headBox = make(SVG, 'foreignObject', {x: 0, y: 0}, head);
  const frames = make(SVG, 'g', {});
  const tip = html('div', {class: 'tip'});
  const tipBox = make(SVG, 'foreignObject', {width: 520, height: 400, visibility: 'hidden',
    'pointer-events': 'none'}, tip);
  const probe = make(SVG, 'text', {visibility: 'hidden'}, 'm'.repeat(100));
  let headHeight = 100, characterWidth = 7.2;

  function change(what) {
    Object.assign(view, what);
    color.value = view.color;
    hideTip();
    layOut();
  }

  // The root stays in sight.
  function turn() {
    change({flip: !view.flip});
    window.scrollTo(0, view.flip ? Number(svg.getAttribute('height')) : 0);
  }

  // Sizes, and where the window begins.
  function layOut() {
    const width = window.innerWidth;
    svg.removeAttribute('viewBox');
    svg.setAttribute('width', '100%');
    headBox.setAttribute('width', width);
    headBox.setAttribute('height', 1000);
    putLegend();
    reset.disabled = view.zoom === 0;
    headHeight = Math.ceil(head.getBoundingClientRect().height);
    headBox.setAttribute('height', headHeight);
    svg.setAttribute('height', Math.max(headHeight + rowsShown() * ROW + 2 * MARGIN,
      window.innerHeight - 4));
    draw();
  }

  function putLegend() {
    legend.replaceChildren();
    if (view.color === 'class')
      for (let c = 0; c < classes.length; c++) {
        const value = classes[c].values[view.zoom];
        if (!value)
          continue;
        const swatch = html('span', {class: 'swatch'});
        swatch.style.background = `var(--${classes[c].name})`;
        legend.append(html('span', {}, swatch,
          `${classes[c].label} ${amount(value)}, ${percent(value, total[view.zoom])}`));
      }
    else
      legend.append(html('span', {}, 'One colour for each file'));
    if (data.cut)
      legend.append(html('span', {}, `${amount(data.cut)} in stacks that are cut: too many of them`));
  }

  // ------------------------------------------------------------------ drawing

  // Of the rows below the zoomed frame; those above it are always there.
  function rowsShown() {
    let deepest = 0;
    for (let i = view.zoom; i < end[view.zoom]; i++)
      deepest = Math.max(deepest, depth[i]);
    return deepest + 1;
  }

  function rowY(row) {
    return view.flip ? Number(svg.getAttribute('height')) - MARGIN - (row + 1) * ROW
      : headHeight + row * ROW;
  }

  const hues = new Map();
  function hueOf(text) {
    if (!hues.has(text)) {
      let hash = 2166136261;
      for (let i = 0; i < text.length; i++)
        hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
      hues.set(text, (hash >>> 0) % 360);
    }
    return hues.get(text);
  }

  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const isWide = c => /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(c);

  function fitting(label, width) {
    let columns = Math.floor(width / characterWidth), text = '';
    if (label.length > columns || /[^\x20-\x7e]/.test(label)) {
      for (const c of label) {
        columns -= isWide(c) ? 2 : 1;
        if (columns < 1)
          return columns === 0 && text.length + c.length === label.length ? label : text + '\u2026';
        text += c;
      }
    }
    return label;
  }

  function drawFrame(i, x, width, y) {
    const outside = i < view.zoom;
    const name = isGathered(i) ? 'gathered' : classes[largest[i]].name;
    const matched = view.matches && view.matches[i];
    const rect = make(SVG, 'rect', {x: x.toFixed(2), y, width: Math.max(width - 0.4, 0.3).toFixed(2),
      height: ROW - 1, class: name + (matched ? ' match' : '')});
    const group = make(SVG, 'g', {'data-node': i, class: 'frame' + (outside ? ' outer' : '') +
      (view.matches && !matched ? ' dim' : '') + (i === view.cursor ? ' cursor' : '')}, rect);
    if (view.color === 'file' && !matched && !isGathered(i)) {
      const hue = hueOf(fileOf(i) || nameOf(i));
      rect.style.fill = dark.matches ? `hsl(${hue} 45% 62%)` : `hsl(${hue} 60% 74%)`;
    }
    if (width > 3 * characterWidth) {
      const text = make(SVG, 'text', {x: (x + 3).toFixed(2), y: y + 13}, fitting(labelOf(i), width - 6));
      if (view.color === 'file' && !(view.matches && !matched))
        text.style.fill = '#000000';
      group.append(text);
    }
    frames.append(group);
  }

  function draw() {
    const left = MARGIN, width = window.innerWidth - 2 * MARGIN;
    const scale = total[view.zoom] ? width / total[view.zoom] : 0;
    const top = window.scrollY - ROW, bottom = window.scrollY + window.innerHeight;
    const isSeen = y => y >= top && y <= bottom;
    headBox.setAttribute('transform', `translate(0,${window.scrollY})`);
    frames.replaceChildren();
    for (let i = parent[view.zoom]; i >= 0; i = parent[i])
      if (isSeen(rowY(depth[i])))
        drawFrame(i, left, width, rowY(depth[i]));
    // Neighbours that are too narrow are one grey frame.
    const narrow = {row: -1, from: 0, to: 0};
    const drawNarrow = () => {
      if (narrow.row >= 0 && narrow.to - narrow.from >= WIDTH_MIN && isSeen(rowY(narrow.row)))
        frames.append(make(SVG, 'rect', {class: 'gathered', x: narrow.from.toFixed(2),
          y: rowY(narrow.row), width: (narrow.to - narrow.from).toFixed(2), height: ROW - 1}));
      narrow.row = -1;
    };
    for (let i = view.zoom; i < end[view.zoom];) {
      const x = left + (start[i] - start[view.zoom]) * scale, w = total[i] * scale;
      if (w < WIDTH_MIN) {
        if (narrow.row !== depth[i] || Math.abs(narrow.to - x) > 0.01) {
          drawNarrow();
          Object.assign(narrow, {row: depth[i], from: x});
        }
        narrow.to = x + w;
        i = end[i];
        continue;
      }
      if (isSeen(rowY(depth[i])))
        drawFrame(i, x, w, rowY(depth[i]));
      i++;
    }
    drawNarrow();
  }

  // ------------------------------------------------------------------ details

  function showTip(i, x, y) {
    const cell = text => html('td', {}, text);
    const row = (what, value) => html('tr', {}, cell(what), cell(amount(value)),
      cell(percent(value, total[0])),
      ...(view.zoom ? [cell(`${percent(value, total[view.zoom])} of zoomed`)] : []));
    const table = html('table', {}, row('total', total[i]));
    if (self[i] > 0)
      table.append(row('self', self[i]));
    for (const c of classes)
      if (c.values[i])
        table.append(row(c.label, c.values[i]));
    tip.replaceChildren(html('b', {}, nameOf(i)),
      html('div', {class: 'path'}, placeOf(i, fileOf(i))), table);
    const box = tip.getBoundingClientRect();
    const right = x + 14 + box.width > window.innerWidth ? x - box.width - 10 : x + 14;
    const down = y + 18 + box.height > window.innerHeight ? y - box.height - 10 : y + 18;
    tipBox.setAttribute('x', Math.max(right, 2));
    tipBox.setAttribute('y', Math.max(down, 2) + window.scrollY);
    tipBox.setAttribute('visibility', 'visible');
  }

  function hideTip() {
    tipBox.setAttribute('visibility', 'hidden');
  }

  // ------------------------------------------------------------------- search

  function matcher(pattern) {
    const regexp = /^\/(.+)\/$/.exec(pattern);
    if (regexp)
      try {
        const r = new RegExp(regexp[1], 'i');
        return text => r.test(text);
      } catch {
        return null;
      }
    const wanted = pattern.toLowerCase();
    return text => text.toLowerCase().includes(wanted);
  }

  function find(pattern) {
    view.pattern = pattern;
    view.matches = null;
    found.textContent = '';
    const matches = pattern ? matcher(pattern) : null;
    if (pattern && !matches)
      found.textContent = 'not a regular expression';
    if (matches) {
      const known = new Map();
      let sum = 0, number = 0, inside = 0;
      view.matches = new Uint8Array(count);
      for (let i = 0; i < count; i++) {
        if (!known.has(frame[i]))
          known.set(frame[i], matches(`${nameOf(i)} ${placeOf(i, fileOf(i))}`));
        if (!known.get(frame[i]) || isGathered(i))
          continue;
        view.matches[i] = 1;
        number++;
        // A frame within one that was counted does not count again.
        if (i >= inside) {
          sum += total[i];
          inside = end[i];
        }
      }
      found.textContent = number
        ? `${percent(sum, total[0])} in ${number.toLocaleString('en')} frame${number === 1 ? '' : 's'}`
        : 'nothing matches';
    }
    draw();
  }

  // ----------------------------------------------------------------- using it

  function zoom(i) {
    if (isGathered(i))
      return;
    change({zoom: i, cursor: -1});
    if (i === 0)
      return;
    const y = rowY(depth[i]);
    if (y < window.scrollY + headHeight || y > window.scrollY + window.innerHeight - ROW)
      window.scrollTo(0, view.flip ? y - window.innerHeight + 4 * ROW : y - headHeight - 2 * ROW);
  }

  function moveCursor(to) {
    if (to < 0 || to >= count)
      return;
    view.cursor = to;
    const y = rowY(depth[to]);
    if (y < window.scrollY + headHeight)
      window.scrollTo(0, y - headHeight);
    else if (y > window.scrollY + window.innerHeight - 2 * ROW)
      window.scrollTo(0, y - window.innerHeight + 3 * ROW);
    draw();
    const drawn = frames.querySelector(`[data-node="${to}"] rect`);
    if (drawn) {
      const box = drawn.getBoundingClientRect();
      showTip(to, Math.max(box.left, 0), box.bottom);
    }
  }

  function siblingBefore(i) {
    let before = -1;
    for (let k = parent[i] + 1; parent[i] >= 0 && k < i; k = end[k])
      before = k;
    return before;
  }

  function walk(key) {
    const at = view.cursor < 0 ? view.zoom : view.cursor;
    const child = at + 1 < end[at] ? at + 1 : -1;
    const next = at > 0 && end[at] < count && parent[end[at]] === parent[at] ? end[at] : -1;
    if (view.cursor < 0)
      moveCursor(view.zoom);
    else if (key === (view.flip ? 'ArrowUp' : 'ArrowDown'))
      moveCursor(child);
    else if (key === (view.flip ? 'ArrowDown' : 'ArrowUp'))
      moveCursor(parent[at]);
    else
      moveCursor(key === 'ArrowRight' ? next : siblingBefore(at));
  }

  function escape() {
    if (view.pattern) {
      search.value = '';
      find('');
      search.blur();
    } else if (view.cursor >= 0) {
      change({cursor: -1});
    } else {
      search.blur();
      zoom(0);
    }
  }

  document.addEventListener('keydown', event => {
    const typing = document.activeElement === search;
    const key = event.key;
    if (key === 'Escape')
      escape();
    else if (key === '/' && !typing || (event.ctrlKey || event.metaKey) && key === 'f') {
      search.focus();
      search.select();
    } else if (typing || event.ctrlKey || event.metaKey || event.altKey ||
        document.activeElement === color)
      return;
    else if (key.startsWith('Arrow'))
      walk(key);
    else if (key === 'Enter' && view.cursor >= 0)
      zoom(view.cursor);
    else if (key === 'i')
      turn();
    else if (key === 'c')
      change({color: view.color === 'class' ? 'file' : 'class'});
    else
      return;
    event.preventDefault();
  });

  const nodeAt = event => event.target.closest?.('[data-node]');
  frames.addEventListener('click', event => {
    const node = nodeAt(event);
    if (node)
      zoom(Number(node.dataset.node));
  });
  frames.addEventListener('mousemove', event => {
    const node = nodeAt(event);
    if (node)
      showTip(Number(node.dataset.node), event.clientX, event.clientY);
    else
      hideTip();
  });
  frames.addEventListener('mouseleave', hideTip);
  window.addEventListener('scroll', () => {
    hideTip();
    draw();
  }, {passive: true});
  window.addEventListener('resize', layOut);
  dark.addEventListener('change', layOut);

  buildTree();
  document.getElementById('picture').remove();
  svg.append(probe, frames, headBox, tipBox);
  characterWidth = probe.getComputedTextLength() / 100 || characterWidth;
  probe.remove();
  layOut();
})();
