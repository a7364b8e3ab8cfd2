import { ConfigError } from '../core/index.ts';
import { brief, isJsonObject } from './component.ts';

/** A turn of a conversation. Templates may look at further entries. */
export interface ChatMessage {
  /** Who speaks: system, user, assistant, tool. */
  readonly role: string;
  readonly content?: unknown;
  readonly [name: string]: unknown;
}

/** How a conversation becomes text. */
export interface ChatTemplateOptions {
  /** Encode the text. Default true. */
  tokenize?: boolean;
  /** End with what makes the assistant speak. Default false. */
  add_generation_prompt?: boolean;
  /** A template, or the name of one of the model's. */
  chat_template?: string;
  /** Descriptions of functions that the model may call. */
  tools?: readonly unknown[];
  /** Texts that the model may quote. */
  documents?: readonly unknown[];
  /** Further variables that the template knows. */
  variables?: Readonly<Record<string, unknown>>;
}

/** What else a template is rendered with. */
interface RenderOptions extends Omit<ChatTemplateOptions, 'tokenize' | 'chat_template'> {
  readonly specialTokens: Readonly<Record<string, string>>;
}

/**
 * The template to use: the one given, one of the configuration by its name, or its only one.
 * @throws ConfigError when there is none of that name, or none at all.
 */
export function chooseTemplate(asked: string | undefined, configured: unknown, hasTools: boolean): string {
  const named = namedTemplates(configured);
  if (asked !== undefined) {
    const found = named.get(asked);
    if (found !== undefined) return found;
    // A name has neither braces nor spaces, a template without braces says nothing of the messages.
    if (asked.includes('{')) return asked;
    throw new ConfigError(
      `apply_chat_template: there is no template ${brief(asked)}; the tokenizer has ${[...named.keys()].join(', ') || 'none'}.`,
    );
  }
  const found = (hasTools ? named.get('tool_use') : undefined) ?? named.get('default');
  if (found !== undefined) return found;
  throw new ConfigError(
    'apply_chat_template: the tokenizer has no chat template; give one as chat_template, or use a tokenizer of a chat model.',
  );
}

function namedTemplates(configured: unknown): Map<string, string> {
  if (typeof configured === 'string') return new Map([['default', configured]]);
  const templates = new Map<string, string>();
  if (!Array.isArray(configured)) return templates;
  for (const entry of configured as unknown[]) {
    if (isJsonObject(entry) && typeof entry.name === 'string' && typeof entry.template === 'string')
      templates.set(entry.name, entry.template);
  }
  return templates;
}

/** The text of a conversation. */
export async function renderChat(
  template: string,
  messages: readonly ChatMessage[],
  { add_generation_prompt = false, tools, documents, variables, specialTokens }: RenderOptions,
): Promise<string> {
  const { Template } = await import('@huggingface/jinja');
  try {
    return new Template(template).render({
      ...specialTokens,
      messages,
      add_generation_prompt,
      tools: tools ?? null,
      documents: documents ?? null,
      ...variables,
    });
  } catch (cause) {
    // Also what a template says of a conversation that it does not take, through raise_exception.
    throw new ConfigError(`apply_chat_template: the template cannot be followed: ${(cause as Error).message}`, { cause });
  }
}
