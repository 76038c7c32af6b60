// A headless browser that reaches nothing but this machine, and a small web
// server for it. Needs $CHROMIUM and playwright-core below $CONSUMERS.
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import {createRequire} from 'node:module';

// Finds packages below $CONSUMERS: consumer('speedscope/package.json').
const consumer = createRequire(path.resolve(process.env.CONSUMERS, 'x.js'));
export const packageFolder = name =>
  path.dirname(consumer.resolve(`${name}/package.json`));

const TYPES = {html: 'text/html', js: 'text/javascript', css: 'text/css',
  json: 'application/json', wasm: 'application/wasm', woff2: 'font/woff2',
  png: 'image/png', svg: 'image/svg+xml'};

// Serves a folder, and single files: serve(folder, {'/trace': '/tmp/a.json'}).
// Resolves to {url, close}.
export async function serve(folder, files = {}) {
  const root = path.resolve(folder);
  const server = http.createServer((request, response) => {
    const asked = decodeURIComponent(request.url.split('?')[0]);
    const file = files[asked] ??
      path.join(root, path.normalize(asked === '/' ? '/index.html' : asked));
    if (!(asked in files) && !file.startsWith(root + path.sep) ||
        !fs.existsSync(file) || fs.statSync(file).isDirectory()) {
      response.statusCode = 404;
      response.end();
      return;
    }
    response.setHeader('content-type',
      TYPES[file.split('.').pop()] ?? 'application/octet-stream');
    fs.createReadStream(file).pipe(response);
  });
  await new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {url: `http://127.0.0.1:${server.address().port}`, close: () => server.close()};
}

// Runs work(context, log) with a fresh profile; what pages complain about is
// pushed to the array `log`.
export async function withBrowser(work, {width = 1400, height = 900, ...options} = {}) {
  const {chromium} = consumer('playwright-core');
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'ptf-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM,
    headless: true,
    viewport: {width, height},
    ...options,
    args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  const log = [];
  try {
    await context.route(url => !['127.0.0.1', 'localhost', ''].includes(url.hostname),
      route => route.abort());
    context.on('page', page => {
      page.on('console', message => {
        if (message.type() === 'error')
          log.push(message.text().slice(0, 300));
      });
      page.on('pageerror', error => log.push(`page error: ${String(error).slice(0, 300)}`));
    });
    return await work(context, log);
  } finally {
    await context.close();
    fs.rmSync(profile, {recursive: true, force: true});
  }
}
