import { describe, expect, test } from 'vitest';
import { BertTokenizerFast } from './index.ts';

const chatml =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
const vocab = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'hi', '##!', 'user', 'im', 'start', 'end', '<', '|', '>', '_'];
const messages = [{ role: 'user', content: 'hi' }];

describe('apply_chat_template', () => {
  test('renders the template of the configuration, or the one that is given', async () => {
    const tokenizer = new BertTokenizerFast(vocab, { chat_template: chatml });
    expect(await tokenizer.apply_chat_template(messages, { tokenize: false, add_generation_prompt: true })).toBe(
      '<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n',
    );
    const given = '{{ cls_token }}{{ messages[0].content }}{{ mood }}';
    expect(
      await tokenizer.apply_chat_template(messages, { tokenize: false, chat_template: given, variables: { mood: '!' } }),
    ).toBe('[CLS]hi!');
  });

  test('encodes without further special tokens', async () => {
    const tokenizer = new BertTokenizerFast(vocab, { chat_template: '{{ messages[0].content }}' });
    const encoded = await tokenizer.apply_chat_template(messages);
    expect(encoded.input_ids).toEqual([5]);
  });

  test('takes named templates, and the one for tools where there are tools', async () => {
    const chat_template = [
      { name: 'default', template: 'plain' },
      { name: 'tool_use', template: '{{ tools | length }} tools' },
    ];
    const tokenizer = new BertTokenizerFast(vocab, { chat_template });
    expect(await tokenizer.apply_chat_template(messages, { tokenize: false })).toBe('plain');
    expect(await tokenizer.apply_chat_template(messages, { tokenize: false, tools: [{}, {}] })).toBe('2 tools');
    await expect(tokenizer.apply_chat_template(messages, { chat_template: 'rag' })).rejects.toMatchInlineSnapshot(
      `[ConfigError: apply_chat_template: there is no template "rag"; the tokenizer has default, tool_use.]`,
    );
  });

  test('says what is wrong', async () => {
    const none = new BertTokenizerFast(vocab);
    await expect(none.apply_chat_template(messages)).rejects.toMatchInlineSnapshot(
      `[ConfigError: apply_chat_template: the tokenizer has no chat template; give one as chat_template, or use a tokenizer of a chat model.]`,
    );
    const strict = new BertTokenizerFast(vocab, { chat_template: "{{ raise_exception('roles must alternate') }}" });
    await expect(strict.apply_chat_template(messages)).rejects.toMatchInlineSnapshot(
      `[ConfigError: apply_chat_template: the template cannot be followed: roles must alternate]`,
    );
    const broken = new BertTokenizerFast(vocab, { chat_template: '{% if %}' });
    await expect(broken.apply_chat_template(messages)).rejects.toMatchInlineSnapshot(
      `[ConfigError: apply_chat_template: the template cannot be followed: Unexpected token: CloseStatement]`,
    );
  });
});
