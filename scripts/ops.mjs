// Writes docs/ops.md, a table of all ops, from their rows, their comments and their cases.
//
//   npm run ops                writes it
//   npm run ops -- --check     fails when it is not what would be written
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { gradients } from '../src/autodiff/index.ts';
import { isFloat } from '../src/core/index.ts';
import { topologicalOrder } from '../src/graph/index.ts';
import * as ops from '../src/ops/index.ts';
import { rows as runtimes } from '../src/runtime/rows.node.ts';
import * as tensors from '../src/tensor/index.ts';

const file = fileURLToPath(new URL('../docs/ops.md', import.meta.url));
const folder = new URL('../src/ops/', import.meta.url);
const families = readdirSync(folder)
  .filter((name) => name.endsWith('.cases.ts'))
  .map((name) => name.replace('.cases.ts', ''))
  .sort();

/** What a PyTorch user looks for first, and where it is when no op has its name. */
const expected = {
  'torch.add torch.sub torch.mul torch.div torch.pow torch.neg torch.abs torch.sign torch.reciprocal torch.sqrt torch.rsqrt':
    null,
  'torch.square torch.exp torch.log torch.exp2 torch.expm1 torch.log2 torch.log10 torch.log1p torch.maximum torch.minimum':
    null,
  'torch.sin torch.cos torch.tan torch.asin torch.acos torch.atan torch.sinh torch.cosh torch.asinh torch.acosh torch.atanh':
    null,
  'torch.erf torch.tanh torch.sigmoid F.gelu F.silu F.relu F.softplus torch.clamp torch.where torch.floor torch.ceil': null,
  'torch.round torch.trunc torch.fmod torch.remainder torch.eq torch.ne torch.gt torch.ge torch.lt torch.le': null,
  'torch.logical_and torch.logical_or torch.logical_xor torch.logical_not torch.isnan torch.isinf torch.isfinite': null,
  'torch.sum torch.mean torch.amax torch.amin torch.prod torch.logsumexp torch.argmax torch.argmin torch.var torch.std': null,
  'torch.linalg.vector_norm torch.any torch.all torch.matmul torch.einsum F.linear torch.reshape torch.permute': null,
  'Tensor.expand torch.cat torch.stack torch.split torch.chunk torch.unbind torch.movedim torch.flip torch.roll torch.tile':
    null,
  'torch.repeat_interleave torch.diagonal F.pad torch.gather torch.take_along_dim torch.scatter torch.scatter_add': null,
  'torch.index_select F.embedding F.one_hot torch.masked_fill torch.cumsum torch.sort torch.argsort torch.topk': null,
  'torch.triu torch.tril torch.softmax torch.log_softmax F.layer_norm F.interpolate F.dropout Tensor.to(dtype)': null,
  'F.conv1d F.conv2d torch.zeros_like x[start:end:step]': null,
  'torch.transpose': 'Tensor.transpose',
  'torch.squeeze': 'Tensor.squeeze',
  'torch.unsqueeze': 'Tensor.unsqueeze',
  'torch.flatten': 'Tensor.flatten',
  'torch.select': 'Tensor.select',
  'torch.full': 'full',
  'torch.zeros': 'zeros',
  'torch.ones': 'ones',
  'torch.arange': 'arange',
  'torch.randn': 'randn',
  'torch.rand': 'rand',
};

/** The comments of all exported names below src/ops, by name. */
function comments() {
  const found = new Map();
  for (const name of readdirSync(folder)) {
    if (!/^[a-z-]+\.ts$/.test(name)) continue;
    const source = ts.createSourceFile(name, readFileSync(new URL(name, folder), 'utf8'), ts.ScriptTarget.Latest, true);
    for (const statement of source.statements) {
      const names = ts.isVariableStatement(statement)
        ? statement.declarationList.declarations.map((each) => each.name.getText(source))
        : ts.isFunctionDeclaration(statement)
          ? [statement.name.text]
          : [];
      const told = ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc).at(-1);
      for (const each of names) if (told) found.set(each, ts.getTextOfJSDocComment(told.comment) ?? '');
    }
  }
  return found;
}

/** The sentences of a comment; a full stop ends one where a capital or a formula's end follows. */
const sentences = (text) => text.replace(/\s+/g, ' ').split(/(?<=[.])\s+(?=[A-Z0-9−`|])/);

/** A leaf of the type that a case's input has. Its content does not matter: nothing runs. */
const leafOf = ({ sample, content }) =>
  content && ops.data({ shape: content.shape, dtype: sample.dtype }, { kind: 'host', data: [] });

/** What the reverse walk says of an op on one of its cases: which inputs get a gradient, and whether it goes on. */
function gradientOf(op) {
  const reached = new Set();
  let goesOn = true;
  for (const each of op.cases.filter(({ throws }) => !throws)) {
    const inputs = each.inputs();
    const leaves = inputs.map(leafOf);
    const ys = op.apply(leaves, each.attributes).filter(({ dtype }) => isFloat(dtype));
    const xs = leaves.flatMap((leaf, i) => (leaf && isFloat(leaf.dtype) ? [{ leaf, name: inputs[i].name }] : []));
    const values = xs.map(({ leaf }) => leaf);
    const seeds = ys.map(({ shape, dtype }) => ops.data({ shape, dtype }, { kind: 'host', data: [] }));
    const first = gradients(ys, seeds, values);
    xs.forEach(({ name }, i) => {
      if (first[i]) reached.add(name);
    });
    const found = first.filter((g) => g !== null);
    try {
      gradients(
        found,
        found.map(({ shape, dtype }) => ops.data({ shape, dtype }, { kind: 'host', data: [] })),
        [...values, ...seeds],
      );
    } catch {
      goesOn = false;
    }
  }
  if (reached.size === 0) return 'none';
  const floats = new Set(
    op.cases.flatMap((each) =>
      each.throws ? [] : each.inputs().flatMap(({ name, sample }) => (sample && isFloat(sample.dtype) ? [name] : [])),
    ),
  );
  const partly = [...floats].some((name) => !reached.has(name)) ? `, of ${[...reached].join(' and ')}` : '';
  return (goesOn ? 'to any order' : 'once') + partly;
}

/** Names of the rows that an op is made of in its cases; none for a row of its own, or a function around one. */
function partsOf(op, name) {
  if (op.subject.row) return [];
  const ys = op.cases.filter(({ throws }) => !throws).flatMap((each) => op.apply(each.inputs().map(leafOf), each.attributes));
  const parts = new Set(topologicalOrder(ys).map(({ row }) => row.name));
  return [...parts].filter((part) => part !== 'data' && part !== 'constant' && part !== name);
}

const cell = (text) => text.replaceAll('|', '\\|');

async function write() {
  const told = comments();
  const exported = new Map(Object.entries(ops).map(([name, op]) => [op, name]));
  const found = new Map();
  for (const family of families) {
    for (const op of Object.values(await import(new URL(`${family}.cases.ts`, folder).href))) {
      const name = exported.get(op.subject);
      if (!name) throw new Error(`${family}.cases.ts: the cases of ${op.name} are of no op that src/ops/index.ts exports.`);
      if (!op.torch)
        throw new Error(`${family}.cases.ts: say torch: of ${name}, PyTorch's name for it, or '—' where it has none.`);
      const known = found.get(name) ?? { name, family, lists: [] };
      known.lists.push(op);
      found.set(name, known);
    }
  }
  const entries = [...found.values()].map(({ name, family, lists }) => {
    const [first] = lists;
    const text = sentences(told.get(name) ?? '');
    const cases = lists.flatMap((list) => list.cases.filter(({ throws }) => !throws));
    const gradient = gradientOf(first);
    const remark = text.slice(1).filter((sentence) => /gradient/i.test(sentence));
    const parts = partsOf(first, name);
    const types = new Set(cases.flatMap((each) => each.inputs().flatMap(({ sample }) => (sample ? [sample.dtype] : []))));
    return {
      family,
      torch: [...new Set(lists.map((list) => list.torch))].join(', '),
      columns: [
        `\`${name}\``,
        [...new Set(lists.map((list) => list.torch))].map((each) => (each === '—' ? each : `\`${each}\``)).join(', '),
        text[0] ?? '',
        [remark.length > 0 ? `${gradient}.` : gradient, ...remark].join(' '),
        parts.length > 6 ? `${parts.slice(0, 6).join(', ')} …` : parts.join(', '),
        [...types].sort().join(', '),
        ['float64', first.alsoAgainst].filter(Boolean).join('; '),
      ],
    };
  });

  // `torch.argsort(stable=True)` is also torch.argsort.
  const names = new Set(
    entries.flatMap(({ torch }) => torch.split(', ')).flatMap((name) => [name, name.replace(/\(.*\)$/, '')]),
  );
  const elsewhere = [];
  for (const [wanted, where] of Object.entries(expected)) {
    if (where === null) {
      const missing = wanted.split(' ').filter((name) => !names.has(name));
      if (missing.length > 0)
        throw new Error(`no op is ${missing.join(' or ')} of PyTorch's; add it, or say in scripts/ops.mjs where it is.`);
    } else {
      const [object, method] = where.split('.');
      const stands = method ? method in tensors.Tensor.prototype : object in tensors;
      if (!stands) throw new Error(`scripts/ops.mjs says that ${wanted} is ${where}, which is not there.`);
      elsewhere.push(`\`${wanted}\` is \`${where}\``);
    }
  }

  const heading = ['op', 'PyTorch', 'what it gives', 'gradient', 'made of', 'types tried', 'held to'];
  const lines = families.flatMap((family) => {
    const own = entries.filter((entry) => entry.family === family);
    return [
      '',
      `## ${family}`,
      '',
      `| ${heading.join(' | ')} |`,
      `|${heading.map(() => '---').join('|')}|`,
      ...own.map(({ columns }) => `| ${columns.map(cell).join(' | ')} |`),
    ];
  });
  return [
    '# All ops',
    '',
    'Written by `npm run ops` from the rows in `src/ops`, their comments and their cases; `npm run check` fails when it is not current.',
    '',
    `${entries.length} ops. \`src/ops/ops.test.ts\` runs every case on every runtime that is present: ${runtimes.map(({ name, device }) => `${name} (${device})`).join(', ')}.`,
    'Each result is held to a reference in float64 and plain arrays, each gradient to central differences of that reference, and so is the gradient of',
    'the gradient. *Held to* says what else it is compared with; *made of* names the rows that an op without one of its own is composed of. A gradient *to any order* is',
    'written in ops, so it can be differentiated again.',
    '',
    `\`F\` is torch.nn.functional. In PyTorch and here under another roof: ${elsewhere.join(', ')}.`,
    ...lines,
    '',
  ].join('\n');
}

const written = await write();
if (!process.argv.includes('--check')) writeFileSync(file, written);
else if (!existsSync(file) || readFileSync(file, 'utf8') !== written) {
  console.error('docs/ops.md: the table of ops is not what the rows and cases say; run npm run ops.');
  process.exitCode = 1;
}
process.exit();
