/**
 * A block of the subset of HCL that our Terraform uses: comments, blocks with labels, attributes with strings and lists
 * of strings. The parser throws on everything else, on templates (`${`), and on anything that is not closed.
 */
export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly attributes: ReadonlyMap<string, string | readonly string[]>;
  readonly blocks: readonly Block[];
}

const token = /\s*(?:#[^\n]*\n\s*)*(?<found>"(?:[^"\\\n]|\\.)*"|[A-Za-z_][\w-]*|[{}[\],=]|$)/y;

export function parseHcl(text: string): readonly Block[] {
  let at = 0;
  const look = (): string => {
    token.lastIndex = at;
    const found = token.exec(text)?.groups?.['found'];
    if (found === undefined) throw new Error(`no HCL at ${JSON.stringify(text.slice(at, at + 40))}`);
    return found;
  };
  const take = (wanted?: string): string => {
    const found = look();
    if (wanted !== undefined && found !== wanted) throw new Error(`${wanted} expected, not ${found || 'the end'}`);
    at = token.lastIndex;
    return found;
  };
  const literal = (): string => {
    const quoted = take();
    if (!quoted.startsWith('"')) throw new Error(`a string expected, not ${quoted}`);
    if (/(?<![$%])(?:[$%]{2})*[$%]\{/.test(quoted)) throw new Error(`a template: ${quoted}`);
    return (JSON.parse(quoted) as string).replaceAll(/([$%])\1\{/g, '$1{');
  };
  const value = (): string | readonly string[] => {
    if (look() !== '[') return literal();
    take('[');
    const values: string[] = [];
    while (look() !== ']') {
      values.push(literal());
      if (look() !== ']') take(',');
    }
    take(']');
    return values;
  };
  const block = (type: string): Block => {
    const labels: string[] = [];
    while (look().startsWith('"')) labels.push(literal());
    take('{');
    const attributes = new Map<string, string | readonly string[]>();
    const blocks: Block[] = [];
    while (look() !== '}') {
      const name = take();
      if (!/^[A-Za-z_]/.test(name)) throw new Error(`a name expected, not ${name || 'the end'}`);
      if (look() !== '=') blocks.push(block(name));
      else {
        take('=');
        if (attributes.has(name)) throw new Error(`${name} is there twice`);
        attributes.set(name, value());
      }
    }
    take('}');
    return { type, labels, attributes, blocks };
  };
  const blocks: Block[] = [];
  while (look() !== '') blocks.push(block(take()));
  return blocks;
}
