import { describe, expect, expectTypeOf, it } from 'vitest';
import { nearest } from './nearest.ts';
import { defineOptions, type OptionValues, rangeOf, readOptions } from './options.ts';

const rows = defineOptions({
  output_dir: { type: 'folder', required: true, help: 'Where the results go' },
  learning_rate: { type: 'number', min: 0, default: 5e-5, help: 'The highest learning rate' },
  adam_beta1: { type: 'number', min: 0, below: 1, default: 0.9, help: 'Decay of the mean' },
  eval_steps: { type: 'integer', min: 1, help: 'Steps between evaluations' },
  schedule: {
    type: 'choice',
    choices: ['linear', 'cosine'],
    families: { wave: 'cosine' },
    default: 'linear',
    help: 'How the rate falls',
  },
  resume: { type: 'boolean', default: false, help: 'Continue' },
  file: { type: 'string', repeated: true, help: 'Any number of names' },
  optim_args: { type: 'values', help: 'Options of the optimizer' },
});

describe('readOptions', () => {
  it('fills in defaults and keeps what was given', () => {
    const values = readOptions('Trainer', rows, { output_dir: 'out', learning_rate: 1e-3, file: ['a', 'b'] });
    expect(values).toEqual({
      output_dir: 'out',
      learning_rate: 1e-3,
      adam_beta1: 0.9,
      eval_steps: undefined,
      schedule: 'linear',
      resume: false,
      file: ['a', 'b'],
      optim_args: undefined,
    });
    expect(readOptions('Trainer', rows, { output_dir: 'out' }).file).toEqual([]);
  });

  it('has the types of its rows', () => {
    type Values = OptionValues<typeof rows>;
    expectTypeOf<Values['output_dir']>().toEqualTypeOf<string>();
    expectTypeOf<Values['learning_rate']>().toEqualTypeOf<number>();
    expectTypeOf<Values['eval_steps']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Values['schedule']>().toEqualTypeOf<'linear' | 'cosine'>();
    expectTypeOf<Values['file']>().toEqualTypeOf<readonly string[]>();
  });

  const failure = (given: Record<string, unknown>) => {
    try {
      readOptions('Trainer', rows, { output_dir: 'out', ...given } as never);
    } catch (error) {
      return String(error);
    }
    return 'no error';
  };

  it('refuses what no row allows, by name', () => {
    expect(failure({ learning_rat: 1 })).toMatchInlineSnapshot(
      `"ConfigError: Trainer: there is no option learning_rat; did you mean learning_rate?"`,
    );
    expect(failure({ zzz: 1 })).toMatchInlineSnapshot(
      `"ConfigError: Trainer: there is no option zzz; the options are output_dir, learning_rate, adam_beta1, eval_steps, schedule, resume, file, optim_args."`,
    );
    expect(failure({ learning_rate: -1 })).toMatchInlineSnapshot(
      `"ConfigError: Trainer: learning_rate is -1; a number of at least 0 is needed."`,
    );
    expect(failure({ learning_rate: '1e-3' })).toMatchInlineSnapshot(
      `"ConfigError: Trainer: learning_rate is '1e-3'; a number of at least 0 is needed."`,
    );
    expect(failure({ adam_beta1: 1 })).toMatchInlineSnapshot(
      `"ConfigError: Trainer: adam_beta1 is 1; a number of at least 0 and less than 1 is needed."`,
    );
    expect(failure({ eval_steps: 2.5 })).toMatchInlineSnapshot(
      `"ConfigError: Trainer: eval_steps is 2.5; a whole number of at least 1 is needed."`,
    );
    expect(failure({ eval_steps: Number.NaN })).toMatchInlineSnapshot(
      `"ConfigError: Trainer: eval_steps is NaN; a whole number of at least 1 is needed."`,
    );
    expect(failure({ schedule: 'cosin' })).toMatchInlineSnapshot(
      `"ConfigError: Trainer: schedule is 'cosin'; it must be one of linear, cosine; did you mean cosine?"`,
    );
    expect(failure({ schedule: 'sine_wave_16' })).toMatchInlineSnapshot(
      `"ConfigError: Trainer: schedule is 'sine_wave_16'; it must be one of linear, cosine; did you mean cosine?"`,
    );
    expect(failure({ resume: 'yes' })).toMatchInlineSnapshot(
      `"ConfigError: Trainer: resume is 'yes'; true or false is needed."`,
    );
    expect(failure({ file: 'a' })).toMatchInlineSnapshot(`"ConfigError: Trainer: file is 'a'; a list is needed."`);
    expect(failure({ file: ['a', 3] })).toMatchInlineSnapshot(`"ConfigError: Trainer: file is 3; a string is needed."`);
    expect(failure({ optim_args: { momentum: 0.9 } })).toBe('no error');
    expect(failure({ optim_args: 'momentum=0.9' })).toMatchInlineSnapshot(
      `"ConfigError: Trainer: optim_args is 'momentum=0.9'; values by name are needed."`,
    );
    expect(failure({ optim_args: [1] })).toMatchInlineSnapshot(
      `"ConfigError: Trainer: optim_args is [1]; values by name are needed."`,
    );
    expect(() => readOptions('linear', {}, { power: 2 } as never)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: linear: there is no option power; it takes none.]`,
    );
    expect(failure({ output_dir: undefined })).toMatchInlineSnapshot(
      `"ConfigError: Trainer: output_dir is missing; it is needed: where the results go."`,
    );
  });

  it('says ranges in words', () => {
    expect(rangeOf(rows.adam_beta1)).toBe('at least 0 and less than 1');
    expect(rangeOf({ type: 'number', above: 0, max: 1, help: '' })).toBe('more than 0 and at most 1');
    expect(rangeOf(rows.resume)).toBe('');
  });
});

describe('nearest', () => {
  const names = ['learning_rate', 'max_steps', 'num_train_epochs', 'train', 'run', 'doctor'];

  it('finds the name that was meant', () => {
    expect(nearest('learning_rat', names)).toBe('learning_rate');
    expect(nearest('Learning-Rate', names)).toBe('learning_rate');
    expect(nearest('max_stpes', names)).toBe('max_steps');
    expect(nearest('num_train', names)).toBe('num_train_epochs');
    expect(nearest('tarin', names)).toBe('train');
    expect(nearest('rnu', names)).toBe('run');
  });

  it('finds none where nothing is near', () => {
    expect(nearest('banana', names)).toBeUndefined();
    expect(nearest('', names)).toBeUndefined();
    expect(nearest('train', [])).toBeUndefined();
  });
});
