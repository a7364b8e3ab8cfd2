import { QkvError } from '../core/index.ts';

/** What a runtime reports when it cannot load or run a model; the message holds its own words. */
export class RuntimeError extends QkvError {
  constructor(message: string, options?: ErrorOptions) {
    super('runtime', message, options);
  }
}
