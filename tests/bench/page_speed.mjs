// page_speed.mjs HTML [OPENS]
//
// Opens the page of pconv --to html in a new browser each time, and prints as JSON a
// list of what each open took, in ms: from the start of the navigation to
//     loaded   the load event
//     painted  something is seen
//     drawn    the page's own script has made the first view
//     shown    ... and it is on the screen
// cpu: of the page's thread until then, which a busy machine changes less; and what
// uses of it took, from the press of a key or button until the answer is seen.
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {withBrowser} from '../consumers/browser.mjs';

const [, , file, opens = '5'] = process.argv;
const url = pathToFileURL(path.resolve(file)).href;

// In the page, before its own scripts: resolves when the first view stands.
const watch = () => {
  // What an act leads to is seen when the frame it asked for is through.
  window.frameAfter = () => new Promise(done => requestAnimationFrame(() => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = () => done(performance.now());
    port2.postMessage(null);
  }));
  window.opened = new Promise(done => {
    const observer = new MutationObserver(async () => {
      if (!document.querySelector('#lines')?.hasChildNodes())
        return;
      observer.disconnect();
      const drawn = performance.now();
      done({drawn, shown: await frameAfter()});
    });
    observer.observe(document, {childList: true, subtree: true});
  });
};

const times = async () => {
  const seen = await opened;
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  return {loaded: performance.getEntriesByType('navigation')[0].loadEventEnd,
    painted: paint?.startTime ?? null, ...seen};
};

// What people do, as code for the page.
const USES = {
  'functions': `byId('tab-functions').click()`,
  'sort': `document.querySelector('#functions th:last-child button').click()`,
  'search': `change({query: 'method_1'})`,
  'only matches': `byId('only-matches').click()`,
  'search ended': `change({query: ''})`,
  'select time': `selectTime(Math.floor(view.model.stackGrid.bin_count / 4),
    Math.ceil(view.model.stackGrid.bin_count / 2))`,
  'select all': `clearSelection()`,
  'charge': `byId('charge').value = 'user', byId('charge').dispatchEvent(new Event('change'))`,
  'lines': `byId('tab-lines').click()`,
  'flame': `byId('tab-flame').click()`,
  'inverted': `document.querySelector('#flame input').click()`,
  'timeline': `byId('tab-threads').click()`,
};

async function use(page, cpuMs, act) {
  await page.waitForTimeout(50);
  const before = await cpuMs();
  const wall = await page.evaluate(`(async begin => {
    ${act};
    return await frameAfter() - begin;
  })(performance.now())`);
  return {wall, cpu: await cpuMs() - before};
}

const results = [];
for (let i = 0; i < Number(opens); i++)
  results.push(await withBrowser(async (context, log) => {
    const page = await context.newPage();
    await page.addInitScript(watch);
    const tools = await context.newCDPSession(page);
    await tools.send('Performance.enable', {timeDomain: 'threadTicks'});
    const cpuMs = async () => {
      const {metrics} = await tools.send('Performance.getMetrics');
      return 1000 * metrics.find(one => one.name === 'TaskDuration').value;
    };
    await page.goto(url);
    const result = await page.evaluate(times);
    result.cpu = await cpuMs();
    result.uses = {};
    for (const [what, act] of Object.entries(USES))
      result.uses[what] = await use(page, cpuMs, act);
    if (log.length)
      throw new Error(log.join('\n'));
    return result;
  }));
console.log(JSON.stringify(results));
