// A differential flame graph: boxes are as wide as one side's time, or memory, and
// coloured by how that of their function differs.
'use strict';

const BOX_HEIGHT = 19;
const flame = {side: 'new', zoom: 0, hover: -1, boxes: [], children: null, depth: null};

function buildFlameTree() {
  const {nodes} = report;
  flame.children = nodes.map(() => []);
  flame.depth = nodes.map(() => 0);
  for (const node of nodes)
    if (node.view === 'stack') {
      flame.children[node.parent || 0].push(node.id);
      flame.depth[node.id] = flame.depth[node.parent || 0] + 1;
    }
}

// The width of a box: its total on the side that is shown.
const widthOf = node => Math.max(0, node.total[flame.side]);

function makeFlame() {
  const canvas = element('canvas', {id: 'flame-canvas', tabindex: '0',
    'aria-label': 'Differential flame graph'});
  const side = element('select', {id: 'flame-side', onchange: event => {
    flame.side = event.target.value;
    flame.zoom = 0;
    drawFlame();
  }}, element('option', {value: 'new'}, 'the new side'), element('option', {value: 'base'}, 'the base'));
  replaceChildren(byId('flame'),
    element('div', {class: 'choices'},
      element('label', {}, 'width is that of ', side),
      element('span', {class: 'aside'}, 'less ', element('i', {class: 'scale'}), ' more, by itself and what it calls'),
      element('button', {type: 'button', id: 'flame-reset', onclick: () => zoomTo(0)}, 'all')),
    canvas);
  canvas.addEventListener('mousemove', event => {
    const box = boxAt(event);
    flame.hover = box ? box.id : -1;
    if (box)
      showTip(event, visible(report.nodes[box.id].name), tipRows(report.nodes[box.id], mainAmount), fateText(report.nodes[box.id]));
    else
      hideTip();
    drawFlame();
  });
  canvas.addEventListener('mouseleave', () => {
    flame.hover = -1;
    hideTip();
    drawFlame();
  });
  canvas.addEventListener('click', event => {
    const box = boxAt(event);
    if (box)
      zoomTo(box.id);
  });
  buildFlameTree();
}

function zoomTo(id) {
  flame.zoom = id;
  hideTip();
  drawFlame();
}

function boxAt(event) {
  const rect = event.currentTarget.getBoundingClientRect();
  const x = event.clientX - rect.left, y = event.clientY - rect.top;
  return flame.boxes.find(box => y >= box.y && y < box.y + BOX_HEIGHT && x >= box.x && x < box.x + box.w);
}

// Grey where it is the same, red where it is more, blue where it is less.
function boxColor(node, isDark) {
  const {base, difference} = node.total;
  const whole = Math.max(base, node.total.new);
  const share = whole > 0 ? difference / whole : 0;
  const strength = Math.min(1, Math.abs(share) * 1.5);
  const hue = share > 0 ? 8 : 215;
  return `hsl(${hue} ${Math.round(78 * strength)}% ${isDark ? 62 : Math.round(84 - 26 * strength)}%)`;
}

function drawFlame() {
  const canvas = byId('flame-canvas'), width = byId('flame').clientWidth;
  const {nodes} = report;
  const todo = [[flame.zoom, 0, width]];
  const placed = [];
  let deepest = 0;

  for (let id = flame.zoom; id; id = nodes[id].parent || 0)
    placed.push({id: nodes[id].parent || 0, x: 0, w: width, isOutside: true});
  while (todo.length) {
    const [id, from, w] = todo.pop();
    placed.push({id, x: from, w, isOutside: false});
    deepest = Math.max(deepest, flame.depth[id]);
    const share = widthOf(nodes[id]) > 0 ? w / widthOf(nodes[id]) : 0;
    let x = from;
    for (const below of flame.children[id]) {
      const wide = widthOf(nodes[below]) * share;
      if (wide >= 0.5)
        todo.push([below, x, wide]);
      x += wide;
    }
  }
  const context = canvasContext(canvas, width, (deepest + 1) * BOX_HEIGHT + 2);
  const isDark = document.documentElement.dataset.theme === 'dark';
  context.font = `12px ${cssColor('--font')}`;
  context.textBaseline = 'middle';
  flame.boxes = placed.map(box => ({...box, y: flame.depth[box.id] * BOX_HEIGHT}));
  for (const box of flame.boxes) {
    const node = nodes[box.id], wide = Math.max(box.w - (box.w > 3 ? 1 : 0), 0.5);
    context.globalAlpha = box.isOutside ? 0.5 : 1;
    context.fillStyle = box.id ? boxColor(node, isDark) : cssColor('--well');
    context.fillRect(box.x, box.y, wide, BOX_HEIGHT - 1);
    context.globalAlpha = 1;
    if (box.id === flame.hover) {
      context.strokeStyle = cssColor('--mark');
      context.strokeRect(box.x + 0.5, box.y + 0.5, Math.max(wide - 1, 1), BOX_HEIGHT - 2);
    }
    if (wide > 30) {
      context.save();
      context.beginPath();
      context.rect(box.x, box.y, wide - 3, BOX_HEIGHT);
      context.clip();
      context.fillStyle = box.id ? '#000' : cssColor('--text');
      context.fillText(`${visible(node.name)}  ${changeText(node.total.difference, mainAmount)}`, box.x + 4, box.y + BOX_HEIGHT / 2);
      context.restore();
    }
  }
  byId('flame-reset').disabled = flame.zoom === 0;
}
