/** A file to read rows from: its name for errors, and its bytes from the start, as often as asked for. */
export interface DataFile {
  readonly name: string;
  /** How many bytes it has; null where that is not known before it is read. */
  readonly byteLength: number | null;
  open(): AsyncIterable<Uint8Array>;
}
