// speedscope.mjs FILE [--screenshot PNG]
//
// Opens FILE in speedscope, lets it export what it understood, and prints that
// in short as JSON. Exit 1 when it did not import the file.
import fs from 'node:fs';
import path from 'node:path';
import {packageFolder, serve, withBrowser} from './browser.mjs';

const file = path.resolve(process.argv[2]);
const png = process.argv[3] === '--screenshot' ? process.argv[4] : null;
const name = path.basename(file);
const asked = `/profile/${name}`;
const server = await serve(path.join(packageFolder('speedscope'), 'dist/release'),
  {[asked]: file});
const sum = numbers => numbers.reduce((total, number) => total + number, 0);

// The time with a frame open, in all and of each frame, by "file:line".
function busyTime(profile, frames) {
  const open = new Map(), lines = {};
  let busy = 0, depth = 0, last = 0;
  for (const event of profile.events ?? []) {
    if (depth)
      busy += event.at - last;
    last = event.at;
    const {file, line} = frames[event.frame], key = `${file}:${line}`;
    const entry = open.get(key) ?? {count: 0, since: 0};
    open.set(key, entry);
    if (event.type === 'O' && entry.count++ === 0)
      entry.since = event.at;
    else if (event.type === 'C' && --entry.count === 0)
      lines[key] = (lines[key] ?? 0) + event.at - entry.since;
    depth += event.type === 'O' ? 1 : -1;
  }
  return {busy, lines};
}

const summary = await withBrowser(async (context, log) => {
  const page = await context.newPage();
  await page.goto(`${server.url}/#profileURL=${encodeURIComponent(server.url + asked)}`);
  await page.waitForFunction(
    () => /Left Heavy|went wrong|unrecognized|error/i.test(document.body.innerText),
    null, {timeout: 60000}).catch(() => log.push('speedscope shows no profile'));
  if (png)
    await page.screenshot({path: png});
  const download = page.waitForEvent('download', {timeout: 15000}).catch(() => null);
  await page.getByText(/Export/).first().click({timeout: 5000}).catch(() => {});
  const exported = await download;
  if (!exported)
    return {errors: log, text: (await page.evaluate(() => document.body.innerText)).slice(0, 300)};
  const all = JSON.parse(fs.readFileSync(await exported.path(), 'utf8'));
  return {
    errors: log,
    frames: all.shared.frames.length,
    profiles: all.profiles.map(profile => ({
      name: profile.name,
      type: profile.type,
      unit: profile.unit,
      total: profile.endValue - profile.startValue,
      weight: profile.weights ? sum(profile.weights) : null,
      count: (profile.events ?? profile.samples).length,
      ...busyTime(profile, all.shared.frames),
    })),
  };
}, {acceptDownloads: true});
server.close();
console.log(JSON.stringify(summary, null, 1));
process.exit(summary.profiles ? 0 : 1);
