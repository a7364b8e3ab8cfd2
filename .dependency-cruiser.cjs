/**
 * The tree's folders from the bottom up, each with the folders that it may import. `npm run check` holds the code to it and
 * `npm run arch` draws docs/architecture.md from it. A new folder is a line here, below all that it imports.
 */
const layers = {
  core: [],
  graph: ['core'],
  ops: ['core', 'graph'],
  autodiff: ['core', 'graph', 'ops'],
  onnx: ['core', 'graph', 'ops'],
  runtime: ['core', 'onnx', 'formats'],
  tensor: ['core', 'graph', 'ops', 'autodiff', 'onnx', 'runtime'],
  nn: ['core', 'ops', 'tensor'],
  optim: ['core', 'tensor'],
  formats: ['core'],
  hub: ['core', 'formats'],
  tokenizers: ['core', 'hub'],
  images: ['core', 'tensor', 'hub'],
  generation: ['core', 'tensor'],
  metrics: ['core'],
  progress: ['core'],
  plots: ['core'],
  data: ['core', 'tensor', 'formats', 'hub', 'tokenizers', 'images'],
  models: ['core', 'tensor', 'nn', 'formats', 'hub', 'generation', 'tokenizers', 'images'],
  peft: ['core', 'tensor', 'nn', 'hub'],
  trainer: ['core', 'tensor', 'nn', 'optim', 'formats', 'hub', 'tokenizers', 'metrics', 'progress', 'plots', 'data', 'models'],
  pipelines: ['core', 'tensor', 'hub', 'models', 'tokenizers', 'images', 'generation'],
  rag: ['core', 'tensor', 'tokenizers', 'pipelines'],
  cli: 'anything',
};

// Tests and an op's cases may reach anywhere; what ships may not.
const tests = '\\.(test|cases)\\.ts$';

const layerRules = Object.entries(layers)
  .filter(([, imports]) => imports !== 'anything')
  .map(([folder, imports]) => ({
    name: `${folder} imports ${imports.length === 0 ? 'no other folder' : `only ${imports.join(', ')}`}`,
    severity: 'error',
    from: { path: `^src/${folder}/`, pathNot: tests },
    to: { path: '^src/', pathNot: `^src/(${[folder, ...imports].join('|')})/` },
  }));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'every folder has a line in .dependency-cruiser.cjs',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${Object.keys(layers).join('|')})/` },
      to: {},
    },
    {
      name: 'a folder is entered by its index.ts',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: tests },
      // The training arguments are data that `qkv --help` prints; through trainer/index.ts it would load the whole library first.
      to: { path: '^src/[^/]+/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$', '^src/trainer/training-args\\.ts$'] },
    },
    {
      name: 'src/index.ts reads the folders by their index.ts',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: '^src/[^/]+/', pathNot: '^src/[^/]+/index\\.ts$' },
    },
    {
      // Two files of one folder may name each other's types: that cycle is gone once compiled.
      name: 'no cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'Node modules only in *.node.ts and cli/',
      severity: 'error',
      from: { path: '^src/', pathNot: ['\\.node\\.ts$', '^src/cli/', tests] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'native packages only in *.node.ts and cli/',
      severity: 'error',
      from: { path: '^src/', pathNot: ['\\.node\\.ts$', '^src/cli/', tests] },
      to: { path: '(^|/)node_modules/(koffi|onnxruntime-node)/' },
    },
    {
      // `await import('…')` may: the package of a named data set is asked for where it is used, and its absence is an error
      // that says what to install.
      name: 'what ships imports no development package',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['dynamic-import', 'type-import'] },
    },
    {
      name: 'what ships imports no test',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: ['^test/', '^bench/', tests] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|bench/\\.peers)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      conditionNames: ['qkv-source', 'node', 'import', 'types', 'default'],
      exportsFields: ['exports'],
    },
  },
};

// For scripts/arch.mjs; not enumerable, since dependency-cruiser refuses keys that it does not know.
Object.defineProperty(module.exports, 'layers', { value: layers });
