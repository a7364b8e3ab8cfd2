/** What a file can be written from: text, bytes, or chunks of either that arrive one after another. */
export type WritableChunks = string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** What `cleanUnfinishedWrites` found: names of leftovers it removed, and of folders it put back. */
export interface UnfinishedWrites {
  removed: string[];
  restored: string[];
}
