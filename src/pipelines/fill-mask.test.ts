import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { haveRealModels, realModels, unpackedTokenizer } from '../../test/support/real-tokenizers.ts';
import { root } from '../../test/support/repository.ts';
import { AutoModelForMaskedLM } from '../models/index.ts';
import { AutoTokenizer } from '../tokenizers/index.ts';
import type { FilledMask } from './fill-mask.ts';
import { pipeline } from './pipeline.ts';

interface Call {
  texts: string | string[];
  options: { top_k?: number; targets?: string | string[] };
  expected: unknown;
}

const golden = (path: string) => join(root, 'test/golden', path);
const goldens = JSON.parse(readFileSync(golden('fill-mask/expected.json'), 'utf8')) as Record<string, Call[]>;
const scratch: string[] = [];
afterAll(() => {
  for (const folder of scratch) rmSync(folder, { recursive: true, force: true });
});

async function fillOf(name: string) {
  let folder: string;
  if (name === 'bert-mlm') {
    folder = mkdtempSync(join(tmpdir(), 'qkv-fill-mask-'));
    for (const file of ['config.json', 'model.safetensors']) copyFileSync(golden(`bert-mlm/${file}`), join(folder, file));
    copyFileSync(golden('fill-mask/vocab.txt'), join(folder, 'vocab.txt'));
  } else {
    folder = unpackedTokenizer(name);
    copyFileSync(join(realModels, name, 'model.safetensors'), join(folder, 'model.safetensors'));
  }
  scratch.push(folder);
  const tokenizer = await AutoTokenizer.from_pretrained(folder, { do_lower_case: true, strip_accents: false });
  return pipeline('fill-mask', { model: await AutoModelForMaskedLM.from_pretrained(folder), tokenizer });
}

/** All words of an answer, however deep it is. */
function flat(answer: unknown): FilledMask[] {
  return (answer as unknown[]).flatMap((each) => (Array.isArray(each) ? flat(each) : [each as FilledMask]));
}

describe('fill-mask', () => {
  for (const name of ['bert-mlm', 'ckpt-bert-tiniest-lmbuddy']) {
    it(`${name}: gives what Python gives`, async ({ skip }) => {
      skip(name !== 'bert-mlm' && !haveRealModels, 'needs ../shared/models');
      using fill = await fillOf(name);
      for (const { texts, options, expected } of goldens[name]!) {
        const found = typeof texts === 'string' ? await fill(texts, options) : await fill(texts, options);
        const without = (answer: unknown) => JSON.stringify(answer, (key, value) => (key === 'score' ? 0 : value));
        expect(without(found)).toBe(JSON.stringify(JSON.parse(without(expected))));
        for (const [i, { score }] of flat(found).entries())
          expect(Math.abs(score - flat(expected)[i]!.score)).toBeLessThan(1e-5 * Math.max(1, score));
      }
    });
  }

  it('names the mask that a text lacks, and the one it has instead', async () => {
    using fill = await fillOf('bert-mlm');
    await expect(fill('the film was <mask>')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: pipeline: fill-mask found no [MASK] in "the film was <mask>"; the text has <mask>, which is another tokenizer's: write [MASK] in its place.]`,
    );
    await expect(fill('the film was good')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: pipeline: fill-mask found no [MASK] in "the film was good"; put it where a word is missing.]`,
    );
    await expect(fill('the film was [MASK]', { truncation: true, max_length: 4 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DataError: pipeline: fill-mask found no [MASK] in "the film was [MASK]"; truncation cut it off.]`,
    );
    await expect(fill('[MASK]', { targets: ['goood'] })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: pipeline: the target "goood" is no token of the vocabulary, which spells it [UNK]; a mask is one token, so name one. Did you mean good?]`,
    );
    await expect(fill('[MASK]', { top_k: 0 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: pipeline: top_k is 0; a whole number of at least 1 is needed.]`,
    );
  });
});
