import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { filesBelow, root } from '../support/repository.ts';
import type { PageReport } from './check-ops.ts';
import { findBrowser } from './find-browser.ts';

const patienceMs = 8 * 60_000;

/** The page's program: every family of cases under src/ops, and what checks them. */
async function pageProgram(): Promise<ReadonlyMap<string, string>> {
  const folder = join(root, '.cache', 'browser');
  mkdirSync(folder, { recursive: true });
  const families = filesBelow('src/ops', (path) => path.endsWith('.cases.ts'));
  const imports = families.map((file, i) => `import * as f${i} from '../../${file}';`);
  const list = families.map((_, i) => `f${i}`).join(', ');
  const entry = join(folder, 'page.ts');
  writeFileSync(
    entry,
    `${imports.join('\n')}\nimport { checkOps } from '../../test/browser/check-ops.ts';\nawait checkOps([${list}]);\n`,
  );
  const bundle = await rolldown({
    input: entry,
    cwd: root,
    platform: 'browser',
    external: [/^onnxruntime-web/],
    resolve: {
      alias: { vitest: join(root, 'test/browser/expect.ts') },
      conditionNames: ['qkv-source', 'browser', 'import', 'default'],
    },
  });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  return new Map(output.flatMap((part) => (part.type === 'chunk' ? [[part.fileName, part.code] as const] : [])));
}

/** The runtime's own files stand beside each other, as its loader expects. */
const page = `<!doctype html><script>
  const tell = (error) => fetch('/error', { method: 'POST', body: String(error?.stack ?? error) });
  addEventListener('error', ({ error, message }) => tell(error ?? message));
  addEventListener('unhandledrejection', ({ reason }) => tell(reason));
</script><script type="importmap">{ "imports": {
  "onnxruntime-web": "/ort/ort.wasm.min.mjs", "onnxruntime-web/wasm": "/ort/ort.wasm.min.mjs",
  "onnxruntime-web/webgpu": "/ort/ort.wasm.min.mjs" } }</script><script type="module" src="/page.js"></script>`;

const types: Readonly<Record<string, string>> = { js: 'text/javascript', mjs: 'text/javascript', wasm: 'application/wasm' };

/** Opens the page in a browser and gives what it reports. */
async function reportOf(browser: { readonly path: string; readonly flags: readonly string[] }): Promise<PageReport> {
  const program = await pageProgram();
  let resolve: (report: PageReport) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<PageReport>((...both) => {
    [resolve, reject] = both;
  });
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (request.method === 'POST') {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        response.end();
        if (path === '/report') resolve(JSON.parse(body) as PageReport);
        else reject(new Error(`the page failed: ${body}`));
      });
      return;
    }
    const name = basename(path);
    const type = types[name.split('.').at(-1)!] ?? 'text/html';
    const content = path.startsWith('/ort/')
      ? readFileSync(join(root, 'node_modules/onnxruntime-web/dist', name))
      : path === '/'
        ? page
        : program.get(name);
    response.writeHead(content === undefined ? 404 : 200, { 'content-type': type });
    response.end(content);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const profile = mkdtempSync(join(tmpdir(), 'qkv-browser-'));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const child = spawn(browser.path, [...browser.flags, `--user-data-dir=${profile}`, '--remote-debugging-port=0', address], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  child.stderr.on('data', (text: Buffer) => {
    words = (words + text).slice(-2000);
  });
  child.on('error', reject);
  child.on('exit', (code) => reject(new Error(`the browser ended with ${code}: ${words}`)));
  const late = setTimeout(() => reject(new Error(`no report in ${patienceMs / 60_000} minutes: ${words}`)), patienceMs);
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    const ended = new Promise((gone) => child.once('exit', gone));
    if (child.exitCode === null && child.kill('SIGKILL')) await ended;
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

const browser = await findBrowser();
const title = 'path' in browser ? 'every case of every op on wasm in Chromium' : `ops in Chromium (${browser.missing})`;

test.skipIf('missing' in browser)(
  title,
  async () => {
    const report = await reportOf(browser as Exclude<typeof browser, { missing: string }>);
    expect(report.failed).toEqual([]);
    expect(report.passed).toBeGreaterThan(500);
    console.info(`${report.passed} cases on ${report.runtime} in ${report.browser}`);
  },
  patienceMs + 60_000,
);
