const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Quotes a text like `%q` and strconv.Quote of Go, which keep what can be printed. */
export function goQuote(text: string): string {
  const escaped = (letter: string): string => {
    const code = letter.codePointAt(0) ?? 0;
    if (code < 0x80) return short[letter] ?? `\\x${hex(code, 2)}`;
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  };
  return `"${text.replaceAll(/["\\\p{C}]|(?! )\p{Z}/gu, escaped)}"`;
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
