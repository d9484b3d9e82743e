/** Whether a name is a pattern: `*` stands for any text, `?` for one character. */
export const isPattern = (name: string): boolean => /[*?]/.test(name);

/** Whether one of the texts matches one of the patterns. Without patterns always true. */
export function within(patterns: readonly string[], ...texts: readonly string[]): boolean {
  if (patterns.length === 0) return true;
  return patterns.some(pattern => {
    const parts = pattern.split('*').map(part => part.split('?').map(RegExp.escape).join('.'));
    const matcher = new RegExp(`^${parts.join('.*')}$`, 's');
    return texts.some(text => matcher.test(text));
  });
}
