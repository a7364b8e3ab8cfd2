import { readFileSync } from 'node:fs';

/**
 * The most memory that this process held. On Linux from /proc, since what `getrusage` tells there begins with the memory of
 * the process that started this one.
 */
export function processFacts(): { readonly peakBytes: number } {
  const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '';
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return { peakBytes: (peak ? Number(peak) : process.resourceUsage().maxRSS) * 1024 };
}
