/** Whether one of the texts matches one of the patterns, in which `*` stands for anything. No pattern: always. */
export function within(patterns: readonly string[], ...texts: readonly string[]): boolean {
  if (patterns.length === 0) return true;
  return patterns.some(pattern => {
    const matcher = new RegExp(`^${pattern.split('*').map(RegExp.escape).join('.*')}$`, 's');
    return texts.some(text => matcher.test(text));
  });
}
