"""Writes src/tokenizers/text/character-tables.ts by asking Hugging Face's Rust library about every code point.

Its character classes are frozen tables of old Unicode versions (categories 8.0, normalization 9.0), so asking a JavaScript
engine's own \\p{...} would give other answers for newer characters, and different ones in each engine.

Ran with: Python 3.11, tokenizers 0.23.3 (pip install tokenizers==0.23.3) and Node for the newest Unicode's normalization
forms. From the repository's root:
    python test/golden/tokenizers/make-character-tables.py
"""

import json
import subprocess
from pathlib import Path

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

OUTPUT = Path(__file__).resolve().parents[3] / "src/tokenizers/text/character-tables.ts"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]

clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
accents = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
marks = normalizers.StripAccents()
nfd, nfkd = normalizers.NFD(), normalizers.NFKD()
punctuation = pre_tokenizers.Punctuation("isolated")
words = pre_tokenizers.Whitespace()
white_space = pre_tokenizers.WhitespaceSplit()
numeric = pre_tokenizers.Digits(individual_digits=True)
scripts = pre_tokenizers.UnicodeScripts()
unassigned = pre_tokenizers.Split(Regex(r"\p{Cn}"), "removed")


# What the newest Unicode at hand (Node's) normalizes or reorders: the code points the Rust library has to be asked about.
NEWEST = json.loads(
    subprocess.check_output(
        [
            "node",
            "-e",
            """
            const all = [];
            for (let c = 0; c < 0x110000; c++) {
              if (c >= 0xd800 && c <= 0xdfff) continue;
              const s = String.fromCodePoint(c);
              const moved = ('a\\u0345' + s).normalize('NFD').endsWith('\\u0345') && s !== '\\u0345';
              if (moved || s.normalize('NFD') !== s || s.normalize('NFKD') !== s) {
                all.push([s, s.normalize('NFD'), s.normalize('NFKD'), moved]);
              }
            }
            console.log(JSON.stringify({ version: process.versions.unicode, all }));
            """,
        ]
    )
)
NEWEST_FORMS = {s: (d, kd, moved) for s, d, kd, moved in NEWEST["all"]}


def pieces(pre_tokenizer, character):
    return [piece for piece, _ in pre_tokenizer.pre_tokenize_str(f"a{character}b")]


def where(predicate):
    return [c for c in CODE_POINTS if predicate(chr(c))]


# Categories and scripts as Node has them, for comparison with those of the library's regular expressions.
NODE = json.loads(
    subprocess.check_output(
        [
            "node",
            "-e",
            """
            const name = 'Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cn'.split(' ');
            const tests = name.map((n) => new RegExp('^\\\\p{' + n + '}$', 'u'));
            const all = {};
            for (let c = 0; c < 0x110000; c++) {
              if (c >= 0xd800 && c <= 0xdfff) continue;
              const s = String.fromCodePoint(c);
              all[c] = name[tests.findIndex((t) => t.test(s))];
            }
            console.log(JSON.stringify(all));
            """,
        ]
    )
)


def category(code_point):
    return NODE[str(code_point)]


def separates(character, other):
    """Whether UnicodeScripts cuts between two characters."""
    return len(scripts.pre_tokenize_str(other + character)) == 2


def reorders(character):
    """Whether a character of combining class 1..239 is moved in front of U+0345, whose class is 240."""
    return character != "\u0345" and nfd.normalize_str("a\u0345" + character)[-1] == "\u0345"


tables = {
    "removedByCleaning": (where(lambda c: clean.normalize_str(f"a{c}b") == "ab"), "What BertNormalizer's clean_text removes."),
    "whiteSpaceRanges": (where(lambda c: pieces(white_space, c) == ["a", "b"]), "Unicode's White_Space."),
    "wordRanges": (where(lambda c: pieces(words, c) == [f"a{c}b"]), "Word characters of Rust's regular expressions."),
    "punctuationRanges": (where(lambda c: pieces(punctuation, c) == ["a", c, "b"]), "General category P, and ASCII symbols."),
    "nonspacingMarkRanges": (
        where(lambda c: nfd.normalize_str(c) == c and accents.normalize_str(f"a{c}b") == "ab"),
        "General category Mn, of characters that do not decompose.",
    ),
    "combiningMarkRanges": (where(lambda c: marks.normalize_str(f"a{c}b") == "ab"), "General category M."),
    "reorderedSpacingRanges": (
        where(
            lambda c: reorders(c) and nfd.normalize_str(c) == c and accents.normalize_str(f"a{c}b") != "ab"
        ),
        "Characters with a combining class that are not in general category Mn.",
    ),
    "notNormalizedRanges": (
        where(
            lambda c: c in NEWEST_FORMS and NEWEST_FORMS[c] != (nfd.normalize_str(c), nfkd.normalize_str(c), reorders(c))
        ),
        "Characters younger than Unicode 9.0, which the normalization forms leave as they are.",
    ),
    "numericRanges": (where(lambda c: pieces(numeric, c) == ["a", c, "b"]), "Numbers of any kind, as Digits sees them (category N)."),
    "youngerThanPatterns": (
        [c for c in where(lambda c: pieces(unassigned, c) == ["a", "b"]) if category(c) != "Cn"],
        "Characters that the library's regular expressions do not know yet.",
    ),
    "withoutScript": (
        where(lambda c: category(ord(c)) != "Cn" and not separates(c, "a") and not separates(c, "\u3042")),
        "Characters that have a script, and none in the library's table.",
    ),
}

# What of the categories differs all the same is said here, and must be nothing.
for name in sorted(set(NODE.values()) - {"Cn"}):
    split = pre_tokenizers.Split(Regex(r"\p{%s}" % name), "removed")
    theirs = set(where(lambda c: split.pre_tokenize_str(c) == []))
    ours = {c for c in CODE_POINTS if category(c) == name} - set(tables["youngerThanPatterns"][0])
    if theirs != ours:
        print("differs:", name, [hex(c) for c in sorted(theirs ^ ours)][:40])


def ranges(code_points):
    runs = []
    for c in code_points:
        if runs and runs[-1][1] == c - 1:
            runs[-1][1] = c
        else:
            runs.append([c, c])
    return " ".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in runs)


lines = [
    f"// Written by {Path(__file__).relative_to(OUTPUT.parents[3])}",
    f"// with tokenizers {tokenizers.__version__} and Node's Unicode {NEWEST['version']}.",
    "// Each table is a list of code points and ranges of them, in hexadecimal.",
]
for name, (code_points, meaning) in tables.items():
    print(name, len(code_points))
    lines += ["", f"/** {meaning} */", f"export const {name} =", f"  '{ranges(code_points)}';"]
OUTPUT.parent.mkdir(parents=True, exist_ok=True)
OUTPUT.write_text("\n".join(lines) + "\n")
