/** Whether a UTF-16 unit is the first half of a surrogate pair. */
export function isHigh(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

/** Whether a UTF-16 unit is the second half of a surrogate pair. */
export function isLow(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}

/** How many units the character takes that begins at a unit. */
export function widthAt(text: string, unit: number): number {
  return isHigh(text.charCodeAt(unit)) && isLow(text.charCodeAt(unit + 1)) ? 2 : 1;
}
