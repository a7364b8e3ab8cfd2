/** What an operating system tells of this process. Sizes in bytes, times in seconds. */
export interface ProcessFacts {
  /** The most memory that the process held, or null where nothing tells. */
  readonly peakMemoryBytes: number | null;
  /** Time that all threads together computed, or null where nothing tells. */
  readonly cpuSeconds: number | null;
}
