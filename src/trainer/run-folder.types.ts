/** What an operating system tells of this process. Sizes in bytes, times in seconds. */
export interface ProcessFacts {
  /** The most memory that the process held, or null where nothing tells. */
  readonly peakMemoryBytes: number | null;
  /** Time that all threads together computed, or null where nothing tells. */
  readonly cpuSeconds: number | null;
}

/** A file of a run that no one needs after it. */
export interface ScratchFile {
  /** Writes bytes at a place. */
  write(bytes: Uint8Array, start: number): Promise<void>;
  /** Fills an array with the bytes from a place on. */
  read(into: Uint8Array, start: number): Promise<void>;
  /** Closes and removes it. */
  remove(): Promise<void>;
}
