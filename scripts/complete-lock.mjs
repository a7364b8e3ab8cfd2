// A registry mirror may carry a package's builds for some platforms only. npm then leaves the others out of
// package-lock.json: newer `npm ci` refuses such a lock, older `npm ci` installs no binary on the platforms left out.
// This adds what npm left out: the exact version that the parent asks for, with the platform read from the package's name.
//
//   node scripts/complete-lock.mjs           adds the entries
//   node scripts/complete-lock.mjs --check   fails when some are missing
import { readFileSync, writeFileSync } from 'node:fs';

const lockFile = new URL('../package-lock.json', import.meta.url);
const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** The lock entry of a package built for one platform, or null where its name and version do not say which. */
function platformEntry(name, version, isDev) {
  const words = name.split('/').at(-1).split('-');
  const cpu = processors.find((each) => words.includes(each));
  const os = systems.find((each) => words.includes(each));
  if (cpu === undefined || os === undefined || !/^\d+\.\d+\.\d+[\w.-]*$/.test(version)) return null;
  const libc = os !== 'linux' ? null : words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc';
  return { version, cpu: [cpu], ...(isDev && { dev: true }), ...(libc && { libc: [libc] }), optional: true, os: [os] };
}

/** Whether `name` is found from the package at `path`, folder by folder upwards as Node looks for it. */
function isLocked(packages, path, name) {
  const folders = path.split('/node_modules/');
  return (
    folders.some((_, depth) => `${folders.slice(0, depth + 1).join('/node_modules/')}/node_modules/${name}` in packages) ||
    `node_modules/${name}` in packages
  );
}

const lock = JSON.parse(readFileSync(lockFile, 'utf8'));
const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {}, dev }]) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => !isLocked(lock.packages, path, name))
    .map(([name, version]) => ({ name, version, wantedBy: path, entry: platformEntry(name, version, dev) })),
);
const unknown = missing.filter(({ entry }) => entry === null);
for (const { name, version, wantedBy } of unknown) {
  console.error(`package-lock.json: no entry for ${name}@${version}, wanted by ${wantedBy}; add it by hand.`);
}

if (process.argv.includes('--check')) {
  for (const { name, version } of missing) console.error(`package-lock.json: no entry for ${name}@${version}.`);
  if (missing.length > 0) console.error('package-lock.json is not complete; run node scripts/complete-lock.mjs.');
} else if (missing.length > unknown.length) {
  for (const { name, entry } of missing) if (entry) lock.packages[`node_modules/${name}`] = entry;
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: added ${missing.length - unknown.length} entries for other platforms.`);
}
process.exitCode = unknown.length > 0 || (process.argv.includes('--check') && missing.length > 0) ? 1 : 0;
