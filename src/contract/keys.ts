/** Why a text is visibly no key, as the rest of a sentence that begins with its place; undefined when it may be one. Quotes nothing: it may be a key nearly. */
export function visiblyNoKey(text: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  if (/[\r\n]/.test(text.trim())) return 'holds more than one line';
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'holds a line break or another control character: write the key without it';
  if (/^(["'`]).*\1$/.test(text)) return 'has quotes around the key: write it without them';
  if (/\$\{|^\$\w+$|^<.*>$|^\{\{.*\}\}$/.test(text)) return 'holds a placeholder that nothing has replaced, not the key';
  if (/^[A-Z][A-Z0-9_]{4,}\s*[=:]/.test(text)) return 'holds a name and a value: write the value alone';
  if (/\s/.test(text)) return 'holds a blank: write the key without it';
  return /[^\x21-\x7e]/.test(text) ? 'holds a character that no key has' : undefined;
}
