/** Transformations that a text may go through between a program and the paste. */
export const forms: Readonly<Record<string, (text: string) => string>> = {
  'as it is': text => text,
  'a member of JSON': text => JSON.stringify({ level: 'error', message: text }),
  'JSON in JSON': text => JSON.stringify({ log: `${JSON.stringify({ message: text })}\n`, stream: 'stderr' }),
  'with colours': text => `\u001b[31m${text.replaceAll(' ', ' \u001b[1m')}\u001b[0m`,
  'with colours that Go has quoted': text => text.replaceAll('"', '\\"').replaceAll(' ', ' \\x1b[1m'),
  'broken after 80 letters': text => text.replaceAll(/.{80}/g, '$&\n'),
  'broken after 47 letters': text => text.replaceAll(/.{47}/g, '$&\n'),
  'broken, with the blanks lost': text => text.replaceAll(/.{33}/g, line => `${line.trimEnd()}\n`),
  'broken and indented': text => text.replaceAll(/.{60}/g, '$&\n        '),
  'broken at blanks': text => text.replaceAll(' ', '\n  '),
  'in a table': text =>
    text
      .replaceAll(/.{60}/g, '$&\n')
      .split('\n')
      .map(line => `│ ${line.padEnd(60)} │`)
      .join('\n'),
  'with a time': text => `Nov 20 10:00:00 node-1 kubelet[3267]: E1120 05:41:26.087058    3267 x.go:72] ${text}`,
  'in HTML': text =>
    text.replaceAll('&', '&amp;').replaceAll('"', '&#34;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll("'", '&#39;'),
  'among other lines': text =>
    `time="2026-11-20T10:00:00Z" level=info msg="Pulling fs layer" digest=sha256:558c99aa\nUsing default tag: latest\n${text}\nnpm warn deprecated foo@1.0.0`,
  'in the frame of Terraform': text =>
    `╷\n│ Error: ${text.replaceAll('\n', '\n│ ')}\n│ \n│   with module.app.docker_registry_image.this,\n│   on modules/app/main.tf line 8, in resource "docker_registry_image" "this":\n│    8: resource "docker_registry_image" "this" {\n│ \n╵`,
  'in single quotes of YAML': text => `message: '${text.replaceAll("'", "''")}'`,
  'in a cell of CSV': text => `2026-11-20T10:00:00Z,"${text.replaceAll('"', '""')}"`,
  'copied from a page': text => text.replaceAll(' ', '\u00a0'),
  'as a quotation': text => `> ${text}\r\n`,
};
