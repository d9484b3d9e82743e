/**
 * Why aws-cli refuses a whole file, as the rest of a sentence that begins with its path. undefined: aws-cli reads it.
 * Python's configparser refuses repetitions where the SDK lets the last one win (botocore 1.44, configloader).
 */
export function unreadByPython(text: string): string | undefined {
  if (text.startsWith('\uFEFF')) return 'begins with a byte order mark';
  const sections = new Set<string>();
  let options: Set<string> | undefined;
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    // An indented line continues the value above.
    if (line.trim() === '' || /^\s*[#;]/.test(line) || (/^\s/.test(line) && options && options.size > 0)) continue;
    const where = `in line ${at + 1}`;
    const header = /^\[([^\]]+)\]/.exec(line)?.[1];
    if (header !== undefined) {
      if (sections.has(header)) return `has [${header}] twice, again ${where}`;
      sections.add(header);
      options = new Set();
      continue;
    }
    const option = /^([^=:]+?)\s*[=:]/.exec(line.trim())?.[1]?.toLowerCase();
    if (!options) return `has something above every section, ${where}`;
    if (option === undefined) return `has neither an option nor a section ${where}`;
    if (options.has(option)) return `has ${option} twice in one section, again ${where}`;
    options.add(option);
  }
  return undefined;
}
