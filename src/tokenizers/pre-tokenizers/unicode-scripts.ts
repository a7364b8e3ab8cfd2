import { withoutScript } from '../text/character-tables.ts';
import { CharacterClass } from '../text/characters.ts';
import { Pieces } from '../text/pieces.ts';
import { definePreTokenizer, type PreTokenizerDefinition } from './pre-tokenizer.ts';

/**
 * Splits where the script changes. Han, kana and the prolonged sound mark count as one script; spaces, and characters
 * younger than the library's table, go with either side. In tokenizer.json: `{ "type": "UnicodeScripts" }`.
 */
export const UnicodeScripts: PreTokenizerDefinition<Record<never, never>> = definePreTokenizer({
  type: 'UnicodeScripts',
  defaults: {},
  preTokenize: (given) => {
    const { source, bounds } = given.spelled();
    const result: number[] = [];
    for (let i = 0; i < bounds.length; i += 2) {
      // What comes before the first character with a script is lost, as in Hugging Face's library.
      let start = -1;
      let last: string | undefined;
      for (let at = bounds[i]!; at < bounds[i + 1]!; ) {
        const codePoint = source.text.codePointAt(at)!;
        const script = scriptOf(codePoint);
        if (script !== none && script !== last) {
          if (start >= 0) result.push(start, at);
          start = at;
          last = script;
        }
        at += codePoint > 0xffff ? 2 : 1;
      }
      if (start >= 0) result.push(start, bounds[i + 1]!);
    }
    return new Pieces(source, result);
  },
});

const none = '';
const scriptless = /*@__PURE__*/ new CharacterClass(withoutScript);
const known = new Map<number, string>();

/** Unicode's scripts by their codes, those that most texts are in first. */
const codes =
  'Latn Hang Zyyy Hani Hira Kana Cyrl Arab Grek Hebr Thai Deva Zinh Adlm Aghb Ahom Armi Armn Avst Bali Bamu Bass Batk Beng Bhks Bopo Brah Brai Bugi Buhd Cakm Cans Cari Cham Cher Chrs Copt Cpmn Cprt Diak Dogr Dsrt Dupl Egyp Elba Elym Ethi Geor Glag Gong Gonm Goth Gran Gujr Guru Hano Hatr Hluw Hmng Hmnp Hung Ital Java Kali Kawi Khar Khmr Khoj Kits Knda Kthi Lana Laoo Lepc Limb Lina Linb Lisu Lyci Lydi Mahj Maka Mand Mani Marc Medf Mend Merc Mero Mlym Modi Mong Mroo Mtei Mult Mymr Nagm Nand Narb Nbat Newa Nkoo Nshu Ogam Olck Orkh Orya Osge Osma Ougr Palm Pauc Perm Phag Phli Phlp Phnx Plrd Prti Rjng Rohg Runr Samr Sarb Saur Sgnw Shaw Shrd Sidd Sind Sinh Sogd Sogo Sora Soyo Sund Sylo Syrc Tagb Takr Tale Talu Taml Tang Tavt Telu Tfng Tglg Tibt Tirh Tnsa Toto Ugar Vaii Vith Wara Wcho Xpeo Xsux Yezi Yiii Zanb';
let tests: (readonly [string, RegExp])[] | undefined;

function scriptOf(codePoint: number): string {
  let script = known.get(codePoint);
  if (script === undefined) {
    script = findScript(codePoint);
    known.set(codePoint, script);
  }
  return script;
}

function findScript(codePoint: number): string {
  if (codePoint === 0x20 || scriptless.has(codePoint)) return none;
  if (codePoint === 0x30fc) return 'Hani';
  tests ??= codes.split(' ').map((code) => [code, new RegExp(`\\p{Script=${code}}`, 'u')] as const);
  const character = String.fromCodePoint(codePoint);
  const script = tests.find(([, test]) => test.test(character))?.[0] ?? none;
  return script === 'Hira' || script === 'Kana' ? 'Hani' : script;
}
