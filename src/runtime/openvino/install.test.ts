import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openVinoInstaller } from './install.node.ts';
import { type OpenVinoWheel, openVinoRelease, openVinoWheels } from './release.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'qkv-install-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const libraries = ['libtbb.so.12', 'libopenvino_c.so.2641'];

/** A wheel of these libraries, on the disk, and what is known of it. */
async function madeWheel(name: string, within: readonly string[] = libraries): Promise<{ file: string; wheel: OpenVinoWheel }> {
  const entries = within.map((each) => [`openvino/libs/${each}`, new TextEncoder().encode(`library ${each}`)]);
  const bytes = zipSync({ ...Object.fromEntries(entries), 'openvino/__init__.py': new Uint8Array(10) });
  const file = join(root, `${name}.whl`);
  await writeFile(file, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { file, wheel: { tag: 'any', bytes: bytes.length, sha256, libraries } };
}

/** The message of what an installation ends with. */
async function failure(made: Promise<unknown>): Promise<string> {
  const error = await made.then(
    () => 'nothing was thrown',
    (reason: unknown) => String(reason),
  );
  return error.replaceAll(root, '<root>');
}

test('the pins name a wheel for each platform, the C API last', () => {
  for (const [platform, { sha256, libraries: wanted }] of Object.entries(openVinoWheels)) {
    expect([platform, sha256.length]).toEqual([platform, 64]);
    expect(wanted.at(-1)).toMatch(/openvino_c/);
    expect(new Set(wanted).size).toBe(wanted.length);
  }
});

test('unpacks the libraries of a wheel and nothing else, tells how far it is, and is listed and removed', async () => {
  const { file, wheel } = await madeWheel('good');
  const installer = openVinoInstaller({ folder: join(root, 'cache'), wheel });
  expect(await installer.installed()).toBeNull();
  const told: string[] = [];
  const installed = await installer.install({
    wheel: file,
    onProgress: ({ doing, done, total }) => told.push(`${doing} ${done}/${total}`),
  });
  expect(installed).toEqual({
    name: 'openvino',
    version: openVinoRelease.version,
    folder: join(root, 'cache', openVinoRelease.build),
    source: file,
  });
  expect(told).toEqual(['check 0/1', 'check 1/1', 'unpack 0/2', 'unpack 1/2', 'unpack 2/2']);
  expect((await readdir(installed.folder)).sort()).toEqual([...libraries].sort());
  expect(await readFile(join(installed.folder, libraries[0]!), 'utf8')).toBe('library libtbb.so.12');
  expect(await installer.installed()).toEqual(installed);
  expect(await installer.remove()).toBe(true);
  expect(await installer.installed()).toBeNull();
  expect(await installer.remove()).toBe(false);
});

test('a wheel that is cut, another, or without a library is refused, and nothing is left', async () => {
  const { file, wheel } = await madeWheel('whole');
  const folder = join(root, 'refused');
  const installer = openVinoInstaller({ folder, wheel });
  const bytes = await readFile(file);
  const cut = join(root, 'cut.whl');
  await writeFile(cut, bytes.subarray(0, 100));
  expect(await failure(installer.install({ wheel: cut }))).toMatch(
    /^DataError: qkv runtime install: <root>\/cut\.whl has 100 bytes and the wheel \d+: it was cut, or is another\. The wheel of openvino 2026\.4\.1 for any \(CPython 3\.12\) is needed; download it anew\.$/,
  );
  const other = join(root, 'other.whl');
  await writeFile(
    other,
    bytes.map((byte, i) => (i === 50 ? byte ^ 1 : byte)),
  );
  expect(await failure(installer.install({ wheel: other }))).toMatch(
    /the SHA-256 of <root>\/other\.whl is [0-9a-f]{64}, and of/,
  );
  expect(await failure(installer.install({ wheel: join(root, 'none.whl') }))).toMatchInlineSnapshot(
    `"MissingFileError: qkv runtime install: there is no file <root>/none.whl; give the wheel of openvino for any."`,
  );
  const lacking = await madeWheel('lacking', libraries.slice(1));
  expect(
    await failure(openVinoInstaller({ folder, wheel: lacking.wheel }).install({ wheel: lacking.file })),
  ).toMatchInlineSnapshot(
    `"DataError: qkv runtime install: <root>/lacking.whl has no openvino/libs/libtbb.so.12; it is not the wheel that is needed."`,
  );
  expect(await readdir(folder)).toEqual([]);
});

test('an installation that is broken off leaves the one before', async () => {
  const { file, wheel } = await madeWheel('again');
  const installer = openVinoInstaller({ folder: join(root, 'again'), wheel });
  const installed = await installer.install({ wheel: file });
  const controller = new AbortController();
  const stopped = installer.install({
    wheel: file,
    signal: controller.signal,
    onProgress: ({ doing }) => doing === 'unpack' && controller.abort(new Error('enough')),
  });
  expect(await failure(stopped)).toBe('Error: enough');
  expect(await installer.installed()).toEqual(installed);
  expect((await readdir(installed.folder)).sort()).toEqual([...libraries].sort());
  expect(await readdir(join(root, 'again'))).toHaveLength(2);
});

test('a folder of the user’s own is used where it lies, if it has every library', async () => {
  const { wheel } = await madeWheel('path');
  const installer = openVinoInstaller({ folder: join(root, 'path-cache'), wheel });
  const own = join(root, 'site-packages', 'openvino', 'libs');
  await mkdir(own, { recursive: true });
  expect(await failure(installer.install({ path: join(root, 'site-packages') }))).toMatchInlineSnapshot(
    `"MissingFileError: qkv runtime install: <root>/site-packages has no libopenvino_c.so.2641; give the folder of the libraries of OpenVINO 2026.4.1, which in its Python package is openvino/libs."`,
  );
  await writeFile(join(own, libraries[1]!), '');
  expect(await failure(installer.install({ path: join(root, 'site-packages') }))).toMatchInlineSnapshot(
    `"MissingFileError: qkv runtime install: <root>/site-packages/openvino/libs has no libtbb.so.12; all of libtbb.so.12, libopenvino_c.so.2641 are needed, of OpenVINO 2026.4.1."`,
  );
  await writeFile(join(own, libraries[0]!), '');
  expect(await installer.install({ path: join(root, 'site-packages') })).toMatchObject({ folder: own });
  expect(await installer.remove()).toBe(true);
  expect(existsSync(join(own, libraries[0]!))).toBe(true);
});

test.skipIf(process.platform === 'win32')(
  'asks the first pip there is, by its own settings, and tells what it said when it failed',
  async () => {
    const { file, wheel } = await madeWheel('downloaded');
    const pip = join(root, 'pip.mjs');
    await writeFile(
      pip,
      `import { copyFileSync, writeFileSync } from 'node:fs';
     const words = process.argv.slice(2);
     if (words[0] === '--version') console.log('pip 25.0 from somewhere');
     else if (process.env.PIP_INDEX_URL) { console.error('WARNING: Retrying'); console.error('ERROR: No matching distribution found'); process.exit(1); }
     else {
       writeFileSync(${JSON.stringify(join(root, 'words.json'))}, JSON.stringify(words));
       console.log('Progress 10 of 20');
       copyFileSync(${JSON.stringify(file)}, words[words.indexOf('--dest') + 1] + '/openvino.whl');
     }`,
    );
    const installer = openVinoInstaller({
      folder: join(root, 'downloads'),
      wheel,
      pips: [['/no/such/pip'], [process.execPath, pip]],
    });
    const told: string[] = [];
    const installed = await installer.install({ onProgress: ({ doing, done }) => told.push(`${doing} ${done}`) });
    expect(installed.source).toBe('openvino 2026.4.1 by pip');
    expect(told.slice(0, 2)).toEqual(['download 0', 'download 10']);
    const words = JSON.parse(await readFile(join(root, 'words.json'), 'utf8')) as string[];
    expect(words.filter((_, i) => i !== words.indexOf('--dest') + 1).join(' ')).toMatchInlineSnapshot(
      `"download --no-deps --only-binary=:all: --disable-pip-version-check --progress-bar raw --implementation cp --python-version 3.12 --abi cp312 --platform any --dest openvino==2026.4.1"`,
    );

    process.env.PIP_INDEX_URL = 'https://example.org';
    try {
      expect(await failure(installer.install())).toMatchInlineSnapshot(
        `"MissingFileError: qkv runtime install: pip could not download openvino 2026.4.1 for any: ERROR: No matching distribution found. Set the index or the proxy as for any Python package, or download the wheel elsewhere and give it with --wheel."`,
      );
    } finally {
      delete process.env.PIP_INDEX_URL;
    }
    expect(
      await failure(openVinoInstaller({ folder: join(root, 'none'), wheel, pips: [['/no/such/pip']] }).install()),
    ).toMatchInlineSnapshot(
      `"MissingFileError: qkv runtime install: there is no pip; tried /no/such/pip. Install Python, or give a wheel with --wheel or a folder of libraries with --path."`,
    );
  },
);

test('where there is no wheel for the platform, it says for which there is', async () => {
  const installer = openVinoInstaller({ folder: join(root, 'nowhere'), wheel: undefined });
  expect(await failure(installer.install())).toMatch(
    /^UnsupportedError: qkv runtime install: there is no OpenVINO for \w+ on \w+; there is for Linux/,
  );
});
