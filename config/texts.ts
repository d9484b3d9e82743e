// oxlint-disable-next-line no-control-regex -- these are what must not be there
const control = /[\u0000-\u001f\u007f-\u009f]/;

/** What any text must be and is not. undefined: the text is fine. */
export function textRule(value: unknown): string | undefined {
  if (Array.isArray(value)) return 'must be one value, not a list';
  if (typeof value !== 'string') return 'must be text: put it in quotes';
  if (control.test(value)) return 'must not contain line breaks or other control characters';
  return value !== '' && value.trim() === '' ? 'must not be blank' : undefined;
}

/**
 * What surrounds a value and does not belong to it. undefined: nothing. `--env-file` of docker keeps quotes, and many
 * editors of variables keep blanks.
 */
export function wrapped(value: unknown): string | undefined {
  const text = Array.isArray(value) ? value.map(String).join(',') : String(value);
  const bare = text.trim();
  if (Array.isArray(value) && /^\[.*\]$/s.test(bare)) return 'is in brackets. In a variable commas alone make a list: ONE,TWO';
  if (/^(["']).*\1$/s.test(bare) && bare.length > 1)
    return 'is in quotes, and these are part of the value here, as `docker run --env-file` keeps them. Write it without';
  return bare !== '' && bare !== text && !control.test(text)
    ? `has a blank at its ${text.startsWith(bare) ? 'end' : 'beginning'}. Remove it`
    : undefined;
}
