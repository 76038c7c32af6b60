// flamegraph.mjs SVG NAME PATTERN [--screenshot PNG]
//
// Uses a flame graph as people do: zooms into the widest frame that shows NAME,
// searches for PATTERN, resets. Prints as JSON what it saw at each step.
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {withBrowser} from './browser.mjs';

const [, , file, name, pattern, , png] = process.argv;
const url = pathToFileURL(path.resolve(file)).href;

// What is drawn: frames, rows, the share that is found, whether one can reset.
const look = () => {
  const groups = [...document.querySelectorAll('[data-node]')];
  const boxes = groups.map(group => group.querySelector('rect').getBoundingClientRect());
  return {
    frames: groups.length,
    labels: groups.map(group => group.querySelector('text')?.textContent ?? ''),
    widest: Math.max(...boxes.map(box => box.width)),
    inside: boxes.every(box => box.left >= 0 && box.right <= window.innerWidth),
    found: document.querySelector('.found').textContent,
    zoomed: !document.querySelector('button').disabled,
    matches: groups.filter(group => group.querySelector('.match')).length,
    tip: document.querySelector('.tip').textContent,
    tipShown: document.querySelector('.tip').parentNode.getAttribute('visibility'),
  };
};

const steps = await withBrowser(async (context, log) => {
  const asked = [];
  context.on('request', request => asked.push(request.url()));
  const page = await context.newPage();
  const seen = {};
  const step = async (what, act = () => {}) => {
    await act();
    await page.waitForTimeout(200);
    seen[what] = await page.evaluate(look);
  };
  const widest = label => page.evaluate(text => {
    const boxes = [...document.querySelectorAll('[data-node]')]
      .filter(group => group.textContent.startsWith(text))
      .map(group => group.querySelector('rect').getBoundingClientRect())
      .sort((a, b) => b.width - a.width);
    return boxes.length ? [boxes[0].left + boxes[0].width / 2, boxes[0].top + 8] : null;
  }, label);

  await page.goto(url);
  await step('opened');
  const at = await widest(name);
  if (!at)
    return {errors: [`no frame shows ${name}`], seen};
  await step('hovered', () => page.mouse.move(...at));
  await step('zoomed', () => page.mouse.click(...at));
  await step('searched', async () => {
    await page.keyboard.press('Control+f');
    await page.keyboard.type(pattern);
  });
  if (png)
    await page.screenshot({path: png});
  await step('search ended', () => page.keyboard.press('Escape'));
  await step('zoom ended', () => page.keyboard.press('Escape'));
  await step('flipped', () => page.keyboard.press('i'));
  await step('other colours', () => page.keyboard.press('c'));
  await step('walked', async () => {
    for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp'])
      await page.keyboard.press(key);
  });
  await step('narrow', () => page.setViewportSize({width: 500, height: 600}));
  return {errors: log, asked: asked.filter(each => each !== url), seen};
}, {});
console.log(JSON.stringify(steps, null, 1));
