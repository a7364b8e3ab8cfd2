/**
 * What models that write token after token need: the cache of keys and values.
 * May import core and tensor. Something else that every such model needs is a file here.
 */
export { KeyValueCache, type KeyValueCacheOptions, type LayerStates } from './key-value-cache.ts';
