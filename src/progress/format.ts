/** Seconds as a clock shows them: `0:07`, `12:05`, `1:02:33`, `2 days 3:00:00`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?';
  const whole = Math.floor(seconds);
  const days = Math.floor(whole / 86400);
  const hours = Math.floor((whole % 86400) / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const two = (n: number) => String(n).padStart(2, '0');
  const clock = hours > 0 || days > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  return days > 0 ? `${days} ${days === 1 ? 'day' : 'days'} ${clock}` : clock;
}

/** Bytes with their unit, in powers of 1000: `812 B`, `12.3 MB`. */
export function formatBytes(bytes: number): string {
  return withUnit(bytes, ['B', 'kB', 'MB', 'GB', 'TB', 'PB'], ' ');
}

/** A rate or a size to about three digits: `4.21`, `873`, `5.23k`, `1.2M`. */
export function formatCount(count: number): string {
  return withUnit(count, ['', 'k', 'M', 'G', 'T', 'P'], '');
}

function withUnit(value: number, units: readonly string[], gap: string): string {
  if (!Number.isFinite(value)) return String(value);
  let size = Math.abs(value);
  let unit = 0;
  // 999.5 would be rounded to 1000, so it belongs to the next unit already.
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  const whole = Number.isInteger(value) && unit === 0;
  const digits = whole || size >= 99.95 ? size.toFixed(0) : size.toPrecision(size < 1 ? 2 : 3).replace(/\.?0+$/, '');
  return `${value < 0 ? '-' : ''}${digits}${gap}${units[unit]}`;
}

/**
 * A figure as a progress line shows it: four digits, or powers of ten where it is very small or very large.
 * Text stays as it is.
 */
export function formatFigure(value: number | string): string {
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2);
  return size >= 100 ? value.toFixed(1) : value.toPrecision(4);
}
