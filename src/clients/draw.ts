/** Rotates the list: each number puts another element first, as far as there are others. */
export function drawn<T>(equals: readonly T[], luck: number): readonly T[] {
  const first = equals.length === 0 ? 0 : luck % equals.length;
  return [...equals.slice(first), ...equals.slice(0, first)];
}
