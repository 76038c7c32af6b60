// What was recorded, what 100 % is, and what is selected.
'use strict';

function startedText(section) {
  if (!(section?.started_ms > 0))
    return '';
  const at = new Date(section.started_ms);
  const two = number => String(number).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${
    two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

// Facts, each [text, title].
function facts() {
  const {run, processes, threads} = view.model;
  const [section] = run.sections;
  const attributes = section?.attributes || {};
  const pythons = [...new Set(processes.map(process => process.python).filter(Boolean))];
  const hosts = [...new Set(run.sections.map(one => one.host).filter(Boolean))];
  const rate = attributes['sampling.rate_hz'] ||
    (section?.period_ns ? Math.round(1e9 / section.period_ns) : 0);
  const more = run.sections.length - 1;
  return [
    [startedText(section), 'When it began, in the time zone of this browser'],
    [hosts.length ? `on ${visible(hosts.slice(0, 3).join(', '))}${hosts.length > 3 ? ', …' : ''}` : '',
      [attributes['host.cpu_model'], attributes['host.cpu_count'] &&
        `${attributes['host.cpu_count']} processors`, attributes['host.kernel']]
        .filter(Boolean).map(text => visible(text)).join('\n')],
    [more > 0 ? `and ${plural(more, 'more recording')}` : '', ''],
    [pythons.length ? `Python ${visible(pythons.join(', '))}` : '', ''],
    [`elapsed ${timeText(run.elapsed_ns)}${more > 0 ? ' (the longest)' : ''}`, ''],
    [plural(processes.length - 1, 'process', 'processes'), ''],
    [plural(threads.length - 1, 'thread'), ''],
    [`${plural(run.samples, 'sample')}${rate ? ` at ${countText(rate)} Hz` : ''}`,
      `${attributes['sampling.source'] ? `source: ${visible(attributes['sampling.source'])}` : ''}${
        attributes['sampling.limits'] ? `\n${visible(attributes['sampling.limits'])}` : ''}`],
  ].filter(([text]) => text);
}

function makeHeader() {
  const {run} = view.model;
  const command = visible(run.command) || '(command unknown)';
  document.title = `${command.slice(0, 80)} – profile`;
  byId('command').textContent = command;
  byId('command').title = command;
  replaceChildren(byId('facts'), ...facts().map(([text, title]) =>
    element('span', {title: title || null}, text)),
  run.selected ? element('span', {class: 'badge'}, `only ${visible(run.selected)}`) : null);
  const limits = [...new Set(run.sections.map(one => one.attributes['sampling.limits'])
    .filter(Boolean))];
  replaceChildren(byId('foot'),
    ...limits.map(text => element('p', {}, visible(text))),
    ...run.losses.map(loss => element('p', {class: loss.matters ? 'warning' : ''},
      visible(loss.text))),
    ...run.sections.filter(one => !one.has_end).map(one => element('p', {class: 'warning'},
      `${visible(one.file)} ends before its recording did: what came after is missing.`)),
    element('p', {class: 'aside'}, `ptf ${visible(run.ptf_version)}. Time is in bins of ${
      timeText(view.model.stackGrid.bin_ns)}; sums are exact. This page loads nothing from anywhere.`));
  if (run.losses.some(loss => loss.matters))
    byId('facts').append(element('a', {href: '#foot', class: 'badge warning'}, 'samples were lost'));
}

const CLASS_WORDS = {
  python: 'the interpreter works for Python code itself',
  native: 'a C function that Python called, an extension, a library; all of a native program',
  kernel: 'inside a system call',
  runnable: 'ready to run, but no processor was free',
  gil: 'waiting for the GIL',
  wait: 'asleep: I/O, locks, pauses',
  unknown: 'CPU time that no sample stands for',
};

function makeHelp() {
  const help = byId('help');
  replaceChildren(byId('words'), ...view.model.classOrder.flatMap(kind => {
    const one = view.model.classes[kind];
    return [element('dt', {}, element('i', {class: `swatch of-${one.name}`}), one.label),
      element('dd', {}, CLASS_WORDS[one.name])];
  }), element('dt', {}, 'system'), element('dd', {}, 'kernel, GIL, ready and wait together'));
  byId('help-button').addEventListener('click', () => help.showModal());
}

// Time by class of everything that the other choices leave: what a press on a
// class would leave out or bring back. All classes that the run has: so that nothing
// moves while a part is selected.
function drawLegend() {
  const {model, selection, sums} = view;
  const all = selection.classes ? sumStacks(model, {...selection, classes: null}).all : sums.all;
  const kinds = model.classOrder.filter(kind => model.stackSeries.kinds.has(kind));
  replaceChildren(byId('legend'), ...kinds.map(kind => {
    const one = model.classes[kind];
    const isOn = !selection.classes || selection.classes.has(kind);
    return element('button', {type: 'button', class: 'class', 'aria-pressed': String(isOn),
      title: `${one.label}: ${CLASS_WORDS[one.name]}\nPress to leave out or take in; double press: only this`,
      ondblclick: () => changeSelection({classes: new Set([kind])}),
      onclick: event => {
        if (event.detail < 2)
          changeSelection({classes: toggleIn(selection.classes, kinds, kind)});
      }},
    element('i', {class: `swatch of-${one.name}`}), element('span', {}, one.label),
    element('b', {}, isOn && sums.allNs ? `${percentText(share(all[kind], sums.allNs))} %` : '–'),
    element('span', {class: 'aside'}, timeText(all[kind])));
  }));
}

function drawBasis() {
  const {sums, selection, matches} = view;
  const whose = selection.waits === 'none' ? 'CPU time of all threads, without waits'
    : selection.waits === 'all' ? 'CPU time and waits of all threads'
      : 'CPU time of all threads and waits of main threads';
  const others = sums.otherWaitsNs ? ` Without ${timeText(sums.otherWaitsNs)} of ${
    selection.waits === 'none' ? 'waits' : 'waits of other threads'}.` : '';
  byId('hundred').textContent = `100 % is ${timeText(sums.allNs)}: ${whose}${
    hasSelection() ? ', of what is selected' : ''}${
    view.onlyMatches && matches ? ', in stacks that match' : ''} (${
    plural(sums.allSamples, 'sample')}).${others}`;
  byId('matches').textContent = !matches ? '' : matches.isWrong ? 'not a regular expression'
    : `${percentText(share(matches.ns, sums.allNs))} % in matching functions`;
  byId('only-matches').disabled = !matches;
}

function drawSelection() {
  const {model, selection} = view;
  const words = [];
  if (selection.from !== null) {
    const {bin_ns: step} = model.stackGrid;
    const from = stackBinNs(selection.from), to = stackBinNs(selection.to);
    words.push(`${momentText(from, step)} to ${momentText(to, step)} (${timeText(to - from)})`);
  }
  if (selection.threads)
    words.push(selection.threads.size === 1
      ? threadTitle(model, [...selection.threads][0])
      : `${selection.threads.size} of ${model.threads.length - 1} threads`);
  if (selection.classes)
    words.push([...selection.classes].map(kind => model.classes[kind].label).join(', '));
  replaceChildren(byId('selection'), ...words.length
    ? ['Selected: ', element('b', {}, words.join(' · ')), ' ',
      element('button', {type: 'button', class: 'minor', onclick: clearSelection,
        title: 'Show everything (Esc)'}, 'clear')]
    : [element('span', {class: 'aside'},
      'Drag over the timeline to select a part of the run.')]);
}
