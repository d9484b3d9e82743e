export function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

/** Rounds to three significant digits. */
export function rounded(figure: number): number {
  return Number(figure.toPrecision(3));
}
