import { expect, test } from 'vitest';
import { Tokenizer } from './tokenizer.ts';
import { parseTokenizerJson, readVocabulary } from './tokenizer-json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('what is read from bytes is what JSON.parse reads', () => {
  const models = [
    '{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":0,"a\\u00e9\\n":2,"\\"":1,"\\ud83d\\ude00":3,"😀가":4}}',
    '{ "vocab" : [ ["<unk>", 0], ["가", -1.5e-3], ["b", -12.345678901234567], ["c", null], ["d", -0.0] ], "type":"Unigram", "unk_id": 0 }',
    '{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"aba":3},"merges":["a b",["ab","a"]]}',
    '{"type":"WordLevel","vocab":{},"unk_token":"u"}',
  ];
  for (const model of models) {
    const text = `{"version":"1.0", "decoder":null,"model":${model},"added_tokens":[]}`;
    const read = parseTokenizerJson(bytes(text)) as { model: object };
    expect(readVocabulary in read.model).toBe(true);
    expect(Tokenizer.fromJSON(read).toJSON()).toEqual(Tokenizer.fromJSON(JSON.parse(text)).toJSON());
  }
});

test('anything unusual is left to JSON.parse', () => {
  const left = (model: string) => expect(parseTokenizerJson(bytes(`{"model":${model}}`))).toBeUndefined();
  for (const vocab of ['{"a":0,"a":1}', '{"a":0,"b":0}', '{"a":-1}', '{"a":01}', '{"a":0.5}', '{"a":0,}', '{"a" 0}', '{"a":0'])
    left(`{"type":"WordPiece","vocab":${vocab}}`);
  for (const vocab of [
    '[["a",01]]',
    '[["a",1.]]',
    '[["a","b"]]',
    '[["a",1,2]]',
    '[["a\\x",1]]',
    '[["a\n",1]]',
    '[["a",1e]]',
    '[["a",-]]',
  ])
    left(`{"type":"Unigram","vocab":${vocab}}`);
  for (const merges of ['["ab"]', '["a b c"]', '["#version: 0.2"]', '[["a"]]'])
    left(`{"type":"BPE","vocab":{"a":0},"merges":${merges}}`);
  left('{"type":"WordPiece","vocab":{},"vocab":{}}');
  expect(parseTokenizerJson(bytes('{}'))).toBeUndefined();
  expect(parseTokenizerJson(Uint8Array.of(...bytes('{"model":{"vocab":{"'), 0xff, ...bytes('":0}}}')))).toBeUndefined();
});
