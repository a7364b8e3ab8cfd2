import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  BPE,
  BpeTrainer,
  ByteLevel,
  byteLevelAlphabet,
  Metaspace,
  NFKC,
  Tokenizer,
  Unigram,
  UnigramTrainer,
} from '../index.ts';
import { compareCodePoints } from './wordlevel-trainer.ts';

interface Run {
  kind: 'BPE' | 'Unigram';
  language: string;
  lines: number;
  options: { vocab_size: number };
  merges?: number;
  pieces?: number;
  digest: string;
  sum?: number;
  some?: [piece: string, score: number][];
}

const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/tokenizers/real-training.json', import.meta.url), 'utf8'),
) as { texts: Record<string, { file: string; column: number | null }>; runs: Run[] };

const fileOf = (language: string) => new URL(`../../../../shared/data/${golden.texts[language]!.file}`, import.meta.url);

function linesOf(language: string, count: number): string[] {
  const { column } = golden.texts[language]!;
  let lines = gunzipSync(readFileSync(fileOf(language)))
    .toString('utf8')
    .split('\n');
  if (column !== null) lines = lines.slice(1).map((line) => line.split('\t')[column] ?? '');
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, count);
}

const digest = (texts: readonly string[]) => createHash('sha256').update(texts.join('\n')).digest('hex');

describe('real texts train to what the Rust library trains', () => {
  for (const { kind, language, lines, options, ...expected } of golden.runs) {
    const isThere = existsSync(fileOf(language));
    const name = `${kind}, ${lines} lines of ${language}, ${JSON.stringify(options)}`;
    const reason = isThere ? '' : ` (../shared/data/${golden.texts[language]!.file} is not there)`;
    test.skipIf(!isThere)(name + reason, { timeout: 60_000 }, async () => {
      if (kind === 'BPE') {
        const tokenizer = new Tokenizer({ model: new BPE(new Map(), []), pre_tokenizer: ByteLevel() });
        const trainer = new BpeTrainer({ ...options, initial_alphabet: byteLevelAlphabet() });
        await tokenizer.train_from_iterator(linesOf(language, lines), trainer);
        const merges = (tokenizer.model as BPE).merges.map((pair) => pair.join(' '));
        expect({ merges: merges.length, digest: digest(merges) }).toMatchObject({
          merges: expected.merges,
          digest: expected.digest,
        });
        return;
      }
      const model = new Unigram([['<unk>', 0]], { unk_id: 0 });
      const tokenizer = new Tokenizer({ model, normalizer: NFKC(), pre_tokenizer: Metaspace() });
      const trainer = new UnigramTrainer({ ...options, special_tokens: ['<unk>'], unk_token: '<unk>' });
      await tokenizer.train_from_iterator(linesOf(language, lines), trainer);
      const pieces = (tokenizer.model as Unigram).pieces.map(([piece, score]): [string, number] => [piece, Number(score)]);
      pieces.sort(([a], [b]) => compareCodePoints(a, b));
      expect(pieces.length).toBe(expected.pieces);
      expect(digest(pieces.map(([piece]) => piece))).toBe(expected.digest);
      expect(pieces.reduce((sum, [, score]) => sum + score, 0)).toBeCloseTo(expected.sum!, 4);
      const scores = new Map(pieces);
      for (const [piece, score] of expected.some!) expect(scores.get(piece)).toBeCloseTo(score, 6);
    });
  }
});
