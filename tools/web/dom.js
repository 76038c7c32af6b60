// Making elements. All text of a trace goes through here as text, never as HTML.
'use strict';

const byId = id => document.getElementById(id);

// element('td', {class: 'number', title: 'x', onclick: f}, 'text', child, ...)
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false)
      continue;
    if (key.startsWith('on'))
      made.addEventListener(key.slice(2), value);
    else
      made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

function replaceChildren(parent, ...children) {
  parent.replaceChildren(...children.filter(child => child !== null && child !== undefined));
}

// A canvas whose units are CSS pixels; returns its drawing context, cleared.
function canvasContext(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const w = Math.max(1, Math.round(width * ratio)), h = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

const cssColor = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// ------------------------------------------------------------------ tips

// A tip beside the pointer, of rows [label, value] below a title.
function showTip(event, title, rows = [], note = '') {
  const tip = byId('tip');
  replaceChildren(tip,
    element('strong', {}, title),
    rows.length ? element('table', {}, ...rows.map(([label, value, color]) =>
      element('tr', {},
        element('th', {}, color ? swatch(color) : null, label),
        element('td', {}, value)))) : null,
    note ? element('p', {}, note) : null);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const x = event.clientX + 14 + box.width > innerWidth
    ? event.clientX - 14 - box.width : event.clientX + 14;
  const y = event.clientY + 18 + box.height > innerHeight
    ? event.clientY - 12 - box.height : event.clientY + 18;
  tip.style.left = `${Math.max(4, x)}px`;
  tip.style.top = `${Math.max(4, y)}px`;
}

function hideTip() {
  byId('tip').hidden = true;
}

function swatch(color) {
  const made = element('i', {class: 'swatch'});
  made.style.background = color;
  return made;
}
