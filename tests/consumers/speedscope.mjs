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

const summary = await withBrowser(async (context, log) => {
  const page = await context.newPage();
  await page.goto(`${server.url}/#profileURL=${encodeURIComponent(server.url + asked)}` +
    `&title=${encodeURIComponent(name)}`);
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
    })),
  };
}, {acceptDownloads: true});
server.close();
console.log(JSON.stringify(summary, null, 1));
process.exit(summary.profiles ? 0 : 1);
