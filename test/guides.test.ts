import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { actions } from '../src/refusals/actions.ts';
import { command } from './commands/cli.ts';
import { folder } from './config/support.ts';

const root = join(import.meta.dirname, '..');
const guides = readdirSync(join(root, 'docs')).filter(name => name.endsWith('.md'));
const pages = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', ...guides.map(name => join('docs', name))];
const textOf = (path: string): string => readFileSync(path, 'utf8');

/** Returns the code blocks of a language, each with its page. */
const blocks = (language: string) =>
  pages.flatMap(page =>
    [...textOf(join(root, page)).matchAll(/^ *```(\w+)\n(.*?)^ *```$/gms)].flatMap(([, of, text = '']) =>
      of === language ? [{ page, text }] : [],
    ),
  );

/** Returns the anchors that GitHub derives from the headings. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );

test('links within the repository lead to files that are there, and to headings of these', () => {
  for (const page of pages) {
    const text = textOf(join(root, page)).replaceAll(/^ *```.*?^ *```$/gms, '');
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? join(root, page) : resolve(dirname(join(root, page)), path);
      assert.ok(existsSync(file), `${page}: ${link}`);
      if (anchor !== undefined) assert.ok(anchorsOf(textOf(file)).has(anchor), `${page}: ${link}`);
    }
  }
});

/** Reference pages, and pages about other topics than pulls. */
const noGuides = 'README adapters clients commands errors faq notify operations rbac troubleshooting'.split(' ').map(name => `${name}.md`);

test('each guide ends with a pull: the command, and what it prints when it works', () => {
  for (const name of guides.filter(guide => !noGuides.includes(guide))) {
    const [heading, ...last] = (
      textOf(join(root, 'docs', name))
        .split(/^#{2,3} /m)
        .at(-1) ?? ''
    ).split('\n');
    assert.equal(heading, 'Verify with a pull', name);
    assert.match(last.join('\n'), /```sh\n[^]*?(docker|kubectl|curl|ecr-courier) [^]*?```\n[^]*?```\n\S[^]*?```/, name);
  }
});

test('no page has a heading twice', () => {
  for (const page of pages) {
    const headings = [
      ...textOf(join(root, page))
        .replaceAll(/^ *```.*?^ *```$/gms, '')
        .matchAll(/^#+ .*$/gm),
    ].map(String);
    assert.deepEqual(
      headings.filter((heading, at) => headings.indexOf(heading) < at),
      [],
      page,
    );
  }
});

test('no page has what a merge left undecided', () => {
  for (const page of [...pages, 'CHANGELOG.md']) assert.doesNotMatch(textOf(join(root, page)), /^(<{7}|={7}|>{7})( |$)/m, page);
});

test('the commands of the guides exist', async () => {
  const { stdout } = await command(['--help']);
  const commands = new Set([...stdout.matchAll(/^ {2}([a-z]+)/gm)].map(match => match[1]));
  const named = blocks('sh').flatMap(({ page, text }) =>
    // A compose service has the same name.
    [...text.matchAll(/(?:^|[\s(|&])ecr-courier (?!ecr-courier )([a-z]+)/g)].map(([, name = '']) => ({ page, name })),
  );
  assert.ok(named.length > 10);
  for (const { page, name } of named) assert.ok(commands.has(name), `${page}: ecr-courier ${name}`);
});

test('no page installs a package from npm that is not there', () => {
  const lines = pages.flatMap(page =>
    [...textOf(join(root, page)).matchAll(/npm install.*ecr-courier.*/g)].map(([line]) => ({ page, line })),
  );
  assert.ok(lines.length > 5);
  for (const { page, line } of lines) assert.match(line, /\/ecr-courier-0\.1\.0\.tgz/, `${page}: ${line}`);
});

test('the policies of the guides are those that the command prints', async () => {
  const printed = /^```sh\necr-courier (policy [^\n]*)\n```\n\n```(?:json|hcl)\n([^]*?)^```/gm;
  const all = pages.flatMap(page =>
    [...textOf(join(root, page)).matchAll(printed)].map(([, line = '', text = '']) => ({ page, line, text })),
  );
  assert.ok(all.length > 7);
  for (const { page, line, text } of all) {
    const args = (line.match(/'[^']*'|\S+/g) ?? []).map(arg => arg.replaceAll("'", ''));
    const { stdout, stderr } = await command(args);
    assert.equal(text, stdout, `${page}: ${line}\n${stderr}`);
  }
  // No policy is written by hand, as it would drift from what the command prints.
  const others = blocks('json').filter(({ text }) => text.includes('"Effect"') && !all.some(known => known.text === text));
  assert.deepEqual(others, []);
});

test('every AWS action that a guide or a message names is there', () => {
  const code = ['src', 'adapters', 'config'].flatMap(room =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => join(room, name)),
  );
  // A condition key, and an action outside of the policies that we print.
  const others = ['sts:ExternalId', 'sts:GetCallerIdentity'];
  for (const file of [...pages, 'CHANGELOG.md', ...code])
    for (const [action] of textOf(join(root, file)).matchAll(/\b(ecr|ecr-public|sts|lambda):[A-Z][a-z]\w+/g))
      assert.ok(actions.has(action) || others.includes(action), `${file}: ${action}`);
});

test('the configurations of the guides are read without a mistake', async () => {
  const all = blocks('yaml').filter(({ text }) => /^(sources|targets):/m.test(text));
  assert.ok(all.length > 3);
  for (const { page, text } of all) {
    await using files = await folder({ 'courier.yaml': text });
    const { code, stderr } = await command(['config', 'show', '--config', files.at('courier.yaml')]);
    assert.equal(code, 0, `${page}: ${stderr}\n${text}`);
  }
});
