// Numbers and names for people, as tools/core/units.c and cli/text.c write them.
'use strict';

function timeText(ns) {
  if (ns < 0)
    return `-${timeText(-ns)}`;
  if (ns < 1000)
    return ns ? `${Math.round(ns)} ns` : '0 s';
  const units = ['ns', 'µs', 'ms', 's'];
  let value = ns, i = 0;
  for (; i < 3 && value >= 999.5; i++)
    value /= 1000;
  if (i < 3 || value < 59.95)
    return `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${units[i]}`;
  const seconds = Math.round(value);
  const two = number => String(number).padStart(2, '0');
  return seconds < 3600 ? `${Math.floor(seconds / 60)}m:${two(seconds % 60)}s`
    : `${Math.floor(seconds / 3600)}h:${two(Math.floor(seconds / 60) % 60)}m`;
}

// A moment of the run: with as many digits as tell apart steps of stepNs. The unit
// is that of the whole run.
function momentText(ns, stepNs) {
  const {grid} = view.model;
  const end = grid.start_ns + grid.bin_count * grid.bin_ns;
  if (end < 1e9) {
    const [unit, size] = end < 1e6 ? ['µs', 1e3] : ['ms', 1e6];
    return `${(ns / size).toFixed(Math.max(0, Math.min(3,
      -Math.floor(Math.log10(stepNs / size) + 1e-9))))} ${unit}`;
  }
  const seconds = ns / 1e9;
  const digits = Math.max(0, Math.min(9, -Math.floor(Math.log10(stepNs / 1e9) + 1e-9)));
  if (seconds < 60 || digits > 1)
    return `${seconds.toFixed(digits)} s`;
  const whole = Math.floor(seconds / 60);
  const rest = (seconds - whole * 60).toFixed(digits).padStart(digits ? digits + 3 : 2, '0');
  return whole < 60 ? `${whole}m:${rest}s`
    : `${Math.floor(whole / 60)}h:${String(whole % 60).padStart(2, '0')}m:${rest}s`;
}

function bytesText(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes, i = 0;
  for (; i < units.length - 1 && Math.abs(value) >= 1023.5; i++)
    value /= 1024;
  return `${i && Math.abs(value) < 99.95 ? value.toFixed(1) : Math.round(value)} ${units[i]}`;
}

function countText(count) {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

function quantityText(value, unit) {
  return unit === 'bytes' ? bytesText(value) : unit === 'ns' ? timeText(value)
    : `${Math.abs(value) < 100 && value % 1 ? value.toFixed(2) : countText(value)}${unit === 'count' || !unit ? '' : ` ${unit}`}`;
}

function share(part, whole) {
  return whole ? 100 * part / whole : 0;
}

function percentText(percent) {
  return percent > 0 && percent < 0.05 ? '<0.1' : percent.toFixed(1);
}

function plural(count, one, many = `${one}s`) {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

// Control characters, and marks that reverse the order of letters, would make a
// name look like another: they are shown as \x1b and \u202e.
function visible(text, keepTabs = false) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    c => {
      const code = c.charCodeAt(0);
      if (c === '\t' && keepTabs)
        return c;
      return c === '\n' ? '\\n' : c === '\t' ? '\\t' : c === '\r' ? '\\r'
        : code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}`
          : `\\u${code.toString(16)}`;
    });
}

function threadTitle(model, id) {
  if (!id)
    return '[no thread]';
  const thread = model.threads[id];
  return thread.name ? `${visible(thread.name)}, thread ${thread.tid}` : `thread ${thread.tid}`;
}

function processTitle(model, id) {
  if (!id)
    return 'no process';
  const process = model.processes[id];
  const name = process.executable.slice(process.executable.lastIndexOf('/') + 1);
  return `${visible(name) || 'process'} ${process.pid}`;
}

function functionTitle(model, id) {
  return visible(model.functions.name[id]);
}

// "walk.py:12"
function whereText(model, id, line) {
  const file = model.files[model.functions.file[id]];
  const number = line || model.functions.begin[id];
  return file.path ? `${visible(file.name)}${number ? `:${number}` : ''}` : '';
}
