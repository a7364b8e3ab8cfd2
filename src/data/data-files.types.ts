/** A file to read rows from: its name for errors, and its bytes from the start, as often as asked for. */
export interface DataFile {
  readonly name: string;
  open(): AsyncIterable<Uint8Array>;
}
