// page.mjs HTML [--screenshots FOLDER]
//
// Uses the page of pconv --to html as people do, and prints as JSON what it saw at
// each step, and the sums that the page computes for several selections.
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {withBrowser} from './browser.mjs';

const [, , file, , folder] = process.argv;
const url = pathToFileURL(path.resolve(file)).href;

// In the page: sums of a selection, by line and by function.
const sumsOf = ({threads, classes, ...more}) => {
  const selection = {from: null, to: null, only: null, waits: 'main', charge: 'self',
    threads: threads ? new Set(threads) : null, classes: classes ? new Set(classes) : null,
    ...more};
  const {model} = view;
  const sums = sumStacks(model, selection), places = sumPlaces(model, sums, selection.charge);
  const rows = (tally, count, name) => {
    const list = [];
    for (let id = 0; id < count; id++)
      if (tally.totalNs[id] > 0)
        list.push([...name(id), [...tally.ns.subarray(id * 7, id * 7 + 7)], tally.totalNs[id]]);
    return list;
  };
  const awaitNs = addAwaits(model, selection, places), awaits = [];
  for (let id = 0; id < model.lines.count; id++)
    if (places.lines.awaitNs[id])
      awaits.push([model.files[model.lines.file[id]].path, model.lines.number[id],
        places.lines.awaitNs[id]]);
  return {
    awaitNs, awaits,
    all: [...sums.all], others: sums.otherWaitsNs,
    lines: rows(places.lines, model.lines.count,
      id => [model.files[model.lines.file[id]].path, model.lines.number[id]]),
    functions: rows(places.functions, model.functions.count,
      id => [model.functions.name[id], model.files[model.functions.file[id]].path]),
  };
};

// In the page: all that is cut at any border of bins adds up to the whole.
const cutsAddUp = () => {
  const {model, selection} = view, bins = model.stackGrid.bin_count;
  const whole = sumStacks(model, selection).allNs;
  const timeless = sumStacks(model, selection).allSamples -
    sumStacks(model, {...selection, from: 0, to: bins}).allSamples;
  for (let cut = 1; cut < bins; cut += Math.ceil(bins / 13)) {
    const left = sumStacks(model, {...selection, from: 0, to: cut});
    const right = sumStacks(model, {...selection, from: cut, to: bins});
    if (left.allNs + right.allNs !== whole || timeless)
      return `cut at ${cut}: ${left.allNs} + ${right.allNs} is not ${whole}`;
  }
  return '';
};

const look = () => {
  const text = selector => document.querySelector(selector)?.textContent ?? '';
  const column = (selector, index) => [...document.querySelectorAll(`${selector} tbody tr`)]
    .map(row => row.children[index]?.textContent ?? '');
  return {
    tab: document.querySelector('[role=tabpanel].is-shown').id,
    hundred: text('#hundred'), selection: text('#selection'), matches: text('#matches'),
    allNs: view.sums.allNs,
    theme: document.documentElement.dataset.theme,
    background: getComputedStyle(document.documentElement).backgroundColor,
    help: document.querySelector('#help').open,
    totals: column('#functions', 5),
    names: [...document.querySelectorAll('#functions tbody .name')].map(e => e.textContent),
    files: [...document.querySelectorAll('#lines .file > h2 .path')].map(e => e.textContent),
    open: [...document.querySelectorAll('#lines .fold')].map(e => e.ariaExpanded === 'true'),
    lines: [...document.querySelectorAll('#lines tr[data-line]')].map(e => [
      e.closest('[data-file]').querySelector('.path').textContent, Number(e.dataset.line),
      e.querySelector('code').textContent]),
    heads: [...document.querySelectorAll('#lines thead tr')].map(e => e.textContent),
    target: document.querySelector('#lines .target')?.dataset.line ?? null,
    boxes: flameView.boxes.length,
    flame: flameView.boxes.map(({node}) => flameTitle(node)),
    zoom: flameView.zoom ? flameTitle(flameView.zoom) : '',
    strips: document.querySelectorAll('#threads canvas').length,
    strangers: document.querySelectorAll('img, iframe, object, embed, link[rel=stylesheet], [src]').length,
    scripts: document.scripts.length,
    stretched: [...document.querySelectorAll('canvas')].filter(canvas => canvas.clientWidth &&
      Math.abs(canvas.width - canvas.clientWidth * devicePixelRatio) > 1).length,
    isTooWide: document.documentElement.scrollWidth > innerWidth,
  };
};

const result = await withBrowser(async (context, log) => {
  const asked = [], seen = {};
  const page = await context.newPage();
  page.on('request', request => asked.push(request.url()));
  page.on('dialog', dialog => {
    log.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  // A busy machine makes a page slow; what it computed is told by its CPU time.
  const tools = await context.newCDPSession(page);
  await tools.send('Performance.enable', {timeDomain: 'threadTicks'});
  const begin = Date.now();
  await page.goto(`${url}`);
  await page.waitForFunction(() => view.sums && document.querySelector('#lines').children.length);
  const openedMs = Date.now() - begin;
  const {metrics} = await tools.send('Performance.getMetrics');
  const cpuMs = Math.round(1000 * metrics.find(one => one.name === 'TaskDuration').value);

  const step = async (what, act = () => {}) => {
    await act();
    await page.evaluate(() => new Promise(done => requestAnimationFrame(
      () => requestAnimationFrame(done))));
    seen[what] = await page.evaluate(look);
    if (folder)
      await page.screenshot({path: path.join(folder, `${what}.png`)});
  };
  const press = key => page.keyboard.press(key);
  const type = async text => {
    await press('/');
    await page.keyboard.type(text);
    await page.waitForFunction(wanted => view.matches?.query === wanted, text);
  };
  const drag = async (from, to) => {
    const box = await page.locator('#strip-all canvas').boundingBox();
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * from, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * (from + to) / 2, y);
    await page.mouse.move(box.x + box.width * to, y);
    await page.mouse.up();
  };
  const clickFlame = index => page.evaluate(i => {
    const {x, y, w} = flameView.boxes[i];
    const canvas = document.querySelector('#flame-canvas'), box = canvas.getBoundingClientRect();
    canvas.dispatchEvent(new MouseEvent('click', {bubbles: true,
      clientX: box.left + x + w / 2, clientY: box.top + y + 5}));
  }, index);

  const sums = {};
  for (const [name, selection] of Object.entries({
    main: {}, all: {waits: 'all'}, none: {waits: 'none'}, user: {charge: 'user'},
    thread: {threads: [1]}, python: {classes: [1]}}))
    sums[name] = await page.evaluate(sumsOf, selection);
  const cuts = await page.evaluate(cutsAddUp);

  await step('opened');
  await step('folded', () => page.click('#lines .file .fold >> nth=0'));
  await step('unfolded', () => page.click('#lines .file .fold >> nth=0'));
  await step('functions', () => press('2'));
  await step('by total', () => page.click('#functions th button:has-text("total")'));
  await step('by name', () => page.click('#functions th button:has-text("function")'));
  const word = seen['by total'].names[0].replace(/callers$/, '');
  await step('searched', () => type(word));
  await step('only matches', () => page.check('#only-matches'));
  await page.uncheck('#only-matches');
  await step('search ended', () => press('Escape'));
  await step('source', () => page.click('#functions td.where button >> nth=0'));
  await step('flame', () => press('3'));
  await step('zoomed', () => clickFlame(1));
  await step('zoom ended', () => press('Escape'));
  await step('walked', async () => {
    await page.focus('#flame-scroll');
    await press('ArrowDown');
    await press('Enter');
  });
  await press('Escape');
  await step('inverted', () => page.check('#flame label:has-text("inverted") input'));
  await page.uncheck('#flame label:has-text("inverted") input');
  await step('by thread', () => page.check('#flame label:has-text("threads") input'));
  await page.uncheck('#flame label:has-text("threads") input');
  await step('selected', () => drag(0.25, 0.6));
  await step('moved', async () => {
    await page.focus('#strip-all');
    await press('ArrowRight');
  });
  await step('timeline', () => press('4'));
  await step('selection ended', () => press('Escape'));
  await step('one class', () => page.click('#legend button >> nth=0'));
  await step('all classes', () => page.click('#legend button >> nth=0'));
  await step('times', () => press('u'));
  await press('u');
  await step('help', () => press('?'));
  await step('help ended', () => press('Escape'));
  await step('light', () => page.emulateMedia({colorScheme: 'light'}));
  await step('dark', () => page.emulateMedia({colorScheme: 'dark'}));
  await press('t');
  await step('light by choice', () => {});
  for (const key of ['1', '2', '3', '4']) {
    await page.setViewportSize({width: 1000, height: 700});
    await press(key);
    await step(`narrow ${key}`, () => page.setViewportSize({width: 800, height: 700}));
  }
  const onPaper = await page.evaluate(() => {
    dispatchEvent(new Event('beforeprint'));
    const blank = [...document.querySelectorAll('canvas')].filter(canvas => !canvas
      .getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean));
    const seen = {theme: document.documentElement.dataset.theme, blank: blank.length,
      boxes: flameView.boxes.length};
    dispatchEvent(new Event('afterprint'));
    return seen;
  });
  const paper = await page.pdf();
  await step('printed');
  return {errors: log, asked, openedMs, cpuMs, word, sums, cuts, seen, onPaper, paper: paper.length,
    source: await page.evaluate(() => view.model.files.filter(one => one.isWhole)
      .map(one => [one.path, one.text.size]))};
});
console.log(JSON.stringify(result));
