// Run by fresh.ts, as installed: from tokenizer.json to the ids of one sentence.
import { AutoTokenizer } from 'qkv/tokenizers';
import { type LoadOptions, unpackedFolder } from './loaded-file.ts';

const options = JSON.parse(process.argv[2]!) as LoadOptions;
const folder = unpackedFolder(options);
const start = performance.now();
const tokenizer = await AutoTokenizer.from_pretrained(folder);
const ids = tokenizer.encode(options.sentence);
const value = performance.now() - start;
console.log(JSON.stringify({ value, check: ids }));
