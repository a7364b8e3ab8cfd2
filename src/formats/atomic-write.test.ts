import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as node from './atomic-write.node.ts';
import { checkWritable, cleanUnfinishedWrites, writeFileAtomic, writeFolderAtomic } from './atomic-write.node.ts';
import * as web from './atomic-write.web.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qkv-atomic-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An error's message with this test's folder and sizes taken out. */
async function message(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => 'no error', String);
  return error
    .replaceAll(folder, '<folder>')
    .replace(/\d+\.\d MB free/, '<n> MB free')
    .replace(/has \d+\.\d MB/, 'has <n> MB');
}

describe('writeFileAtomic', () => {
  test('writes text, bytes and chunks, and replaces what was there', async () => {
    const path = join(folder, 'x.bin');
    await writeFileAtomic(path, 'old and longer');
    await writeFileAtomic(path, new Uint8Array([1, 2]));
    expect([...readFileSync(path)]).toEqual([1, 2]);
    await writeFileAtomic(path, ['한', new Uint8Array([10])]);
    expect(readFileSync(path, 'utf8')).toBe('한\n');
    await writeFileAtomic(
      path,
      (async function* () {
        yield 'a';
        yield 'b';
      })(),
    );
    expect(readFileSync(path, 'utf8')).toBe('ab');
    expect(readdirSync(folder)).toEqual(['x.bin']);
  });

  test('a failure half-way leaves the old file and no temporary one', async () => {
    const path = join(folder, 'x.txt');
    writeFileSync(path, 'old');
    const chunks = (async function* () {
      yield 'new';
      throw new Error('the source broke');
    })();
    await expect(writeFileAtomic(path, chunks)).rejects.toThrow('the source broke');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['x.txt']);
  });

  test.skipIf(process.platform === 'win32')('keeps a link a link and the file’s mode', async () => {
    const real = join(folder, 'real.txt');
    writeFileSync(real, 'old', { mode: 0o640 });
    symlinkSync(real, join(folder, 'link.txt'));
    await writeFileAtomic(join(folder, 'link.txt'), 'new');
    expect(readFileSync(real, 'utf8')).toBe('new');
    expect(statSync(real).mode & 0o777).toBe(0o640);
  });

  test('names the path and the reason', async () => {
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'taken'));
    expect(await message(writeFileAtomic(join(folder, 'no', 'x'), ''))).toMatchInlineSnapshot(
      `"MissingFileError: writeFileAtomic: <folder>/no/x cannot be written: its folder does not exist; create the folder or choose another."`,
    );
    expect(await message(writeFileAtomic(join(folder, 'taken'), ''))).toMatchInlineSnapshot(
      `"MissingFileError: writeFileAtomic: <folder>/taken cannot be written: a folder stands there already; choose another path."`,
    );
    expect(await message(writeFileAtomic(join(folder, 'x'.repeat(300)), ''))).toMatchInlineSnapshot(
      `"MissingFileError: writeFileAtomic: <folder>/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx cannot be written: the name is too long for this disk; choose a shorter one."`,
    );
    expect(readdirSync(folder).sort()).toEqual(['file', 'taken']);
  });
});

describe('writeFolderAtomic', () => {
  const fill = (text: string) => async (at: string) => {
    mkdirSync(join(at, 'deep'));
    writeFileSync(join(at, 'deep', 'x.txt'), text);
  };

  test('makes the folder, and replaces an older one', async () => {
    const path = join(folder, 'runs', 'checkpoint-1');
    await writeFolderAtomic(path, fill('one'));
    writeFileSync(join(path, 'extra'), '');
    await writeFolderAtomic(path, fill('two'));
    expect(readFileSync(join(path, 'deep', 'x.txt'), 'utf8')).toBe('two');
    expect(readdirSync(path)).toEqual(['deep']);
    expect(readdirSync(join(folder, 'runs'))).toEqual(['checkpoint-1']);
  });

  test('a failure leaves the old folder', async () => {
    const path = join(folder, 'checkpoint-1');
    await writeFolderAtomic(path, fill('one'));
    const failing = writeFolderAtomic(path, async (at) => {
      await fill('two')(at);
      throw new Error('no weights');
    });
    await expect(failing).rejects.toThrow('no weights');
    expect(readFileSync(join(path, 'deep', 'x.txt'), 'utf8')).toBe('one');
    expect(readdirSync(folder)).toEqual(['checkpoint-1']);
  });
});

/** The module that a child process imports; kill -9 and a small disk need a process of their own. */
const writer = JSON.stringify(new URL('./atomic-write.node.ts', import.meta.url).href);

/** Node's arguments that run a program which imports TypeScript. */
function runProgram(program: string): string[] {
  const path = join(folder, 'program.mjs');
  writeFileSync(path, program);
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return ['--conditions=qkv-source', '--import', tsx, path];
}

/** A process that is inside writing a checkpoint and would stay there for a minute. */
async function startWriter(path: string): Promise<ChildProcess> {
  const program = `
    import { writeFileSync } from 'node:fs';
    import { writeFolderAtomic } from ${writer};
    await writeFolderAtomic(${JSON.stringify(path)}, async (at) => {
      writeFileSync(at + '/model.safetensors', 'half of it');
      console.log('inside');
      await new Promise((done) => setTimeout(done, 60_000));
    });`;
  const child = spawn(process.execPath, runProgram(program));
  await new Promise<void>((resolve, reject) => {
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.stdout.once('data', () => resolve());
    child.once('exit', () => reject(new Error(errors)));
  });
  return child;
}

describe('after kill -9', () => {
  test('the checkpoint does not exist; what was left is known as stale only once its writer is gone, and removed', async () => {
    const runs = join(folder, 'runs');
    const child = await startWriter(join(runs, 'checkpoint-2'));
    expect(readdirSync(runs)).toEqual([expect.stringMatching(/^\.checkpoint-2\..*\.partial$/)]);
    expect(await cleanUnfinishedWrites(runs)).toEqual({ removed: [], restored: [] });
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
    expect(existsSync(join(runs, 'checkpoint-2'))).toBe(false);
    const [leftover] = readdirSync(runs);
    expect(await cleanUnfinishedWrites(runs)).toEqual({ removed: [leftover], restored: [] });
    expect(readdirSync(runs)).toEqual([]);
  });

  test('a folder caught between the two renames is put back', async () => {
    const child = await startWriter(join(folder, 'checkpoint-2'));
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
    const partial = readdirSync(folder).find((name) => name.endsWith('.partial'))!;
    const replaced = join(folder, partial.replace('.partial', '.replaced'));
    mkdirSync(replaced);
    writeFileSync(join(replaced, 'model.safetensors'), 'the older, whole one');
    const found = await cleanUnfinishedWrites(folder);
    expect(found).toEqual({ removed: [partial], restored: ['checkpoint-2'] });
    expect(readFileSync(join(folder, 'checkpoint-2', 'model.safetensors'), 'utf8')).toBe('the older, whole one');
  });

  test('other files, and a missing folder, are left alone', async () => {
    writeFileSync(join(folder, '.x.partial'), '');
    expect(await cleanUnfinishedWrites(folder)).toEqual({ removed: [], restored: [] });
    expect(await cleanUnfinishedWrites(join(folder, 'no'))).toEqual({ removed: [], restored: [] });
    expect(existsSync(join(folder, '.x.partial'))).toBe(true);
  });
});

describe('checkWritable', () => {
  test('creates the folder, leaves nothing in it, gives the free bytes', async () => {
    const at = join(folder, 'a', 'b');
    expect(await checkWritable(at, 1000)).toBeGreaterThan(1000);
    expect(readdirSync(at)).toEqual([]);
  });

  test('says what is in the way', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(await message(checkWritable(join(folder, 'file')))).toMatchInlineSnapshot(
      `"MissingFileError: checkWritable: <folder>/file cannot be written: a file stands where a folder is needed; choose another path."`,
    );
    expect(await message(checkWritable(join(folder, 'file', 'deeper')))).toMatchInlineSnapshot(
      `"MissingFileError: checkWritable: <folder>/file/deeper cannot be written: a part of the path is a file, not a folder; choose another path."`,
    );
    expect(await message(checkWritable(folder, 1e18))).toMatchInlineSnapshot(
      `"MissingFileError: checkWritable: <folder> has <n> MB free; 1000000000000.0 MB are needed; make room or choose another folder."`,
    );
  });
});

const canMount = process.platform === 'linux' && spawnSync('unshare', ['-rm', 'true']).status === 0;

test.skipIf(!canMount)('a full disk: a clear error, nothing left (skipped where no small disk can be mounted)', () => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const program = runProgram(
    `import { readdirSync, readFileSync } from 'node:fs';
     import { writeFileAtomic, writeFolderAtomic } from ${writer};
     await writeFileAtomic('${disk}/small', 'fits');
     await writeFileAtomic('${disk}/small', new Uint8Array(3e6)).catch((error) => console.log(String(error)));
     await writeFolderAtomic('${disk}/checkpoint', (at) => writeFileAtomic(at + '/x', new Uint8Array(3e6)))
       .catch((error) => console.log(String(error)));
     console.log(readFileSync('${disk}/small', 'utf8'), readdirSync('${disk}'));`,
  );
  const command = `mount -t tmpfs -o size=1m tmpfs "${disk}" && exec "${process.execPath}" ${program.map((part) => `"${part}"`).join(' ')}`;
  const output = execFileSync('unshare', ['-rm', 'sh', '-c', command], { encoding: 'utf8' });
  expect(
    output
      .replaceAll(disk, '<disk>')
      .replace(/\.checkpoint\.[^/]*/, '<temporary>')
      .replaceAll(/\d+\.\d MB/g, '<n> MB'),
  ).toMatchInlineSnapshot(`
    "MissingFileError: writeFileAtomic: <disk>/small: the disk is full (<n> MB free); make room or choose another folder.
    MissingFileError: writeFileAtomic: <disk>/<temporary>/x: the disk is full (<n> MB free); make room or choose another folder.
    fits [ 'small' ]
    "
  `);
});

test('the browser’s twin has the same names and refuses each', async () => {
  expect(Object.keys(web).sort()).toEqual(Object.keys(node).sort());
  expect(await message(web.writeFileAtomic('runs/x', ''))).toMatchInlineSnapshot(
    `"UnsupportedError: writeFileAtomic: runs/x: a browser has no file system to write to; offer the bytes as a download."`,
  );
  for (const refuse of [
    () => web.writeFolderAtomic('x', async () => {}),
    () => web.cleanUnfinishedWrites('x'),
    () => web.checkWritable('x'),
  ]) {
    await expect(refuse()).rejects.toThrow('a browser has no file system');
  }
});
