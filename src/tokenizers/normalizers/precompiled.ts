import { ConfigError } from '../../core/index.ts';
import { brief } from '../component.ts';
import { utf8Length } from '../text/byte-characters.ts';
import { Charsmap } from '../text/charsmap.ts';
import type { NormalizedString } from '../text/normalized-string.ts';
import { defineNormalizer, type NormalizerDefinition } from './normalizer.ts';

/** The fields of Precompiled. */
export interface PrecompiledFields {
  /** SentencePiece's compiled table, in base64. */
  precompiled_charsmap: string | null;
}

/**
 * The normalization that a SentencePiece model carries as a compiled table (nmt_nfkc and its kin). What users see as one
 * character, if it takes fewer than six bytes, is looked up as a whole first, then its code points one by one.
 * In tokenizer.json: `{ "type": "Precompiled", "precompiled_charsmap": "…" }`.
 */
export const Precompiled: NormalizerDefinition<PrecompiledFields> = defineNormalizer<PrecompiledFields>({
  type: 'Precompiled',
  defaults: { precompiled_charsmap: null },
  check: ({ precompiled_charsmap }, where) => {
    if (precompiled_charsmap !== null && typeof precompiled_charsmap !== 'string')
      throw new ConfigError(`${where}: precompiled_charsmap is ${brief(precompiled_charsmap)}; text in base64 is needed.`);
    if (precompiled_charsmap) new Charsmap(fromBase64(precompiled_charsmap, where), where);
  },
  prepare: ({ precompiled_charsmap }) => {
    if (!precompiled_charsmap) return { normalize: (text) => text, characters: (character) => character };
    const map = new Charsmap(fromBase64(precompiled_charsmap, 'Precompiled'), 'Precompiled');
    const stays = asciiThatStays(map);
    return {
      normalize: (text) => (stays.test(text.text) ? text : normalize(text, map)),
      characters: (character) => {
        // Others may join with their neighbours, and a character that vanishes moves the places of those before it.
        if (character === '\r' || !alone.test(character)) return null;
        return (map.find(character) ?? character) || null;
      },
    };
  },
});

function normalize(source: NormalizedString, map: Charsmap): NormalizedString {
  const characters: string[] = [];
  const changes: number[] = [];
  let isModified = false;
  const put = (old: string, result: string | null): void => {
    if (result === null) {
      characters.push(old);
      changes.push(0);
      return;
    }
    isModified = true;
    const added = [...result];
    const more = added.length - [...old].length;
    for (const [i, character] of added.entries()) {
      characters.push(character);
      changes.push(more > 0 && i >= added.length - more ? 1 : 0);
    }
    // Characters that vanish count as the end of the one before them, whichever that is.
    if (more < 0 && changes.length > 0) changes[changes.length - 1]! += more;
  };
  for (const cluster of clusters(source.text)) {
    const isOne = cluster.length === 1 || (cluster.length === 2 && cluster.codePointAt(0)! > 0xffff);
    if (!isOne && bytesOf(cluster) < 6) {
      const result = map.find(cluster);
      if (result !== null) {
        put(cluster, result);
        continue;
      }
    }
    if (isOne) put(cluster, map.find(cluster));
    else for (const character of cluster) put(character, map.find(character));
  }
  return isModified ? source.transform(characters, changes) : source;
}

/** What never joins with its neighbours to one visible character: letters without marks, syllables, ideographs, kana. */
const alone =
  /^(?!\r\n)[\0-\u02ff\u0370-\u0482\u048a-\u0590\u1e00-\u200a\u2010-\u2027\u2030-\u205f\u2070-\u20cf\u3000-\u3029\u3030-\u3098\u309b-\ua66e\uac00-\ud7a3\uf900-\ufb1d\uff00-\uff9d]*$/;

let segmenter: Intl.Segmenter | undefined;

/** The extended grapheme clusters of a text. */
function* clusters(text: string): Generator<string> {
  if (alone.test(text) && !text.includes('\r\n')) {
    for (let i = 0; i < text.length; i++) yield text[i]!;
    return;
  }
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of segmenter.segment(text)) yield segment;
}

function bytesOf(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) bytes += utf8Length(text.charCodeAt(i));
  return bytes;
}

/** Matches texts of ASCII characters that the table leaves alone. */
function asciiThatStays(map: Charsmap): RegExp {
  let body = '';
  for (let code = 0; code < 0x80; code++)
    if (map.find(String.fromCharCode(code)) === null) body += `\\x${code.toString(16).padStart(2, '0')}`;
  return new RegExp(`^[${body}]*$`);
}

function fromBase64(text: string, where: string): Uint8Array {
  try {
    const characters = atob(text);
    const bytes = new Uint8Array(characters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
    return bytes;
  } catch (cause) {
    throw new ConfigError(`${where}: precompiled_charsmap is ${brief(text)}; text in base64 is needed.`, { cause });
  }
}
