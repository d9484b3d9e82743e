import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { adapters } from '../adapters/index.ts';
import { pages } from '../scripts/docs.ts';
import { failures } from '../src/contract/failures.ts';
import { engineFindings } from '../src/courier/findings.ts';

const root = join(import.meta.dirname, '..');
const scriptsIn = (room: string): string[] =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(room, name));
const sources = ['src', 'adapters', 'config'].flatMap(scriptsIn);
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Reads the table in CONTRIBUTING.md: what each room may import. `x (in f.ts only)` allows x in that file alone. */
function table(): Map<string, readonly { what: string; only: readonly string[] }[]> {
  const lines = textOf('CONTRIBUTING.md').split('\n');
  const start = lines.findIndex(line => /^\|\s*room\s*\|\s*may import\s*\|/i.test(line));
  assert.ok(start >= 0, 'CONTRIBUTING.md has a table `| room | may import |`');
  const rows = lines.slice(start + 2).slice(
    0,
    lines.slice(start + 2).findIndex(line => !line.startsWith('|')),
  );
  return new Map(
    rows.map(line => {
      const [room = '', cell = ''] = line
        .split('|')
        .slice(1)
        .map(text => text.trim().replaceAll('`', ''));
      const allowed = cell.split(/,\s*(?![^(]*\))/).map(part => {
        const [, what = '', files = ''] = /^(\S+)(?:\s+\(in (.+) only\))?$/.exec(part.trim()) ?? [];
        return { what, only: files ? files.split(/,\s*|\s+and\s+/) : [] };
      });
      return [room, allowed];
    }),
  );
}

function importsOf(path: string): string[] {
  return [...textOf(path).matchAll(/(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s+'([^']+)'|import\('([^']+)'\)/g)].map(
    match => match[1] ?? match[2] ?? '',
  );
}

/** Resolves an import: `../contract/clock.ts` in src/courier/timing.ts is src/contract/clock.ts. */
function resolved(path: string, specifier: string): string {
  return specifier.startsWith('.') ? join(path, '..', specifier) : specifier;
}

test('the import lines obey the table in CONTRIBUTING', () => {
  const rooms = table();
  const wrong: string[] = [];
  for (const path of sources) {
    const room = [...rooms.keys()].filter(name => path === name || path.startsWith(`${name}/`)).sort((a, b) => b.length - a.length)[0];
    if (room === undefined) {
      wrong.push(`${path} stands in no room of the table`);
      continue;
    }
    for (const specifier of importsOf(path)) {
      const target = resolved(path, specifier);
      const ok = rooms
        .get(room)
        ?.some(({ what, only }) => matches(target, what, path) && (only.length === 0 || only.some(file => path.endsWith(file))));
      if (!ok) wrong.push(`${path} imports ${specifier}`);
    }
  }
  assert.deepEqual(wrong, []);
});

function matches(target: string, what: string, path: string): boolean {
  if (what === 'everything') return true;
  if (what === 'itself')
    return (
      target.split('/').slice(0, 2).join('/') === path.split('/').slice(0, 2).join('/') ||
      (target.startsWith(`${path.split('/')[0]}/`) && !path.startsWith('src/'))
    );
  if (what.endsWith('*')) return target.startsWith(what.slice(0, -1));
  return target === what || target.startsWith(`${what}/`);
}

test('what is exported is imported somewhere', () => {
  const importers = [...sources, ...['bench', 'scripts', 'test'].flatMap(scriptsIn)];
  const imported = new Set(importers.flatMap(namesImportedBy));
  const unused = sources.flatMap(path =>
    [...textOf(path).matchAll(/^export (?:async )?(?:class|const|function\*?|interface|type) (\w+)/gm)]
      .map(([, name]) => name)
      .filter(name => !imported.has(`${path} ${name}`) && !imported.has(`${path} *`))
      .map(name => `${path} ${name}`),
  );
  assert.deepEqual(unused, []);
});

/** The names that the imports of a file take, each after the path of its file; `*` stands for all names. */
function namesImportedBy(path: string): string[] {
  const text = textOf(path);
  const lists = text.matchAll(/(?:import|export)\s(?:type\s)?([^'";]*?)\sfrom\s+'(\.[^']+)'/g);
  const loaded = text.matchAll(/(\{[^{}]*\}) = await import\('(\.[^']+)'\)/g);
  const wholes = text.matchAll(/()import\('(\.[^']+)'\)(?!;)/g);
  return [...lists, ...loaded, ...wholes].flatMap(([, what = '', from = '']) => {
    const names = /\{([^}]*)\}/.exec(what)?.[1]?.split(',') ?? ['*'];
    return names.map(name => `${resolved(path, from)} ${/^\s*(?:type\s+)?(\*|\w+)/.exec(name)?.[1] ?? ''}`);
  });
}

test('only the clock knows timers and the time of day', () => {
  const pattern =
    /\bsetTimeout\(|\bsetInterval\(|\bsetImmediate\(|\bDate\.now\(|AbortSignal\.timeout|node:timers|performance\.now\(|new Date\(\)/;
  // The script of the page runs in a browser.
  const free = ['src/contract/clock.ts', 'src/observe/page-script.ts'];
  const wrong = sources.filter(path => !free.includes(path) && pattern.test(textOf(path)));
  assert.deepEqual(wrong, []);
});

test('Intl, whose first use costs 7 MiB of resident memory, is used for the status page alone', () => {
  const pattern = /\bIntl\.|\btoLocale\w+\(|\.localeCompare\(/;
  const free = ['src/observe/page-target.ts', 'src/observe/page-script.ts'];
  assert.deepEqual(
    sources.filter(path => !free.includes(path) && pattern.test(textOf(path))),
    [],
  );
});

test('files are read in one place and written in one, where nothing can hang', () => {
  const pattern = /\breadFile(Sync)?\(|\breaddir(Sync)?\(|\bcreateReadStream|\bopenSync|\bopen\(.*O_|\bfs\.open|\brename(Sync)?\(/;
  const owners = ['src/io/files.ts', 'src/io/replace.ts', 'src/io/append.ts', 'src/io/swap.ts'];
  assert.deepEqual(
    sources.filter(path => !owners.includes(path) && pattern.test(textOf(path))),
    [],
  );
});

test('no call has a bare true or false among its arguments: a word, or a named member, says what it means', () => {
  const bare = /[(,]\s*(true|false)\s*[,)]|\b\w+ = (true|false)(?=[^;{}]*\)(: [^;=]+)? (\{|=>))/;
  const code = (path: string): string[] =>
    textOf(path)
      .replaceAll(/\/\*[^]*?\*\//g, '')
      .split('\n');
  const wrong = sources.flatMap(path =>
    code(path).flatMap(line => (bare.test(line.replace(/\/\/ .*/, '')) ? `${path}: ${line.trim()}` : [])),
  );
  assert.deepEqual(wrong, []);
});

test('a line of prose in a document that people write has at most 160 columns', () => {
  const guides = readdirSync(join(root, 'docs')).filter(name => name.endsWith('.md'));
  const long = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...guides.map(name => join('docs', name))].flatMap(path => {
    const text = textOf(path);
    if (text.includes('Generated by `npm run docs`')) return [];
    // Neither blocks of code nor tables can be wrapped.
    const lines = text.replaceAll(/^( *)```[^]*?^\1```/gm, block => block.replaceAll(/[^\n]/g, '')).split('\n');
    return lines.flatMap((line, at) => (line.length > 160 && !line.startsWith('|') ? [`${path}:${at + 1}`] : []));
  });
  assert.deepEqual(long, []);
});

test('a line of prose in code has at most 120 columns', () => {
  const prose = /^\s*(\/\/|\/\*|\*)/;
  const files = ['adapters', 'bench', 'config', 'scripts', 'src', 'test'].flatMap(room =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter(name => /\.(ts|cjs)$/.test(name))
      .map(name => join(room, name)),
  );
  const long = files.flatMap(path =>
    textOf(path)
      .split('\n')
      .flatMap((line, at) => (line.length > 120 && prose.test(line) ? [`${path}:${at + 1}`] : [])),
  );
  assert.deepEqual(long, []);
});

test('secrets are revealed where they are used, and nowhere else', () => {
  const callers = sources.filter(path => textOf(path).includes('.reveal()')).sort();
  const allowed = [
    /^adapters\//,
    /^src\/ecr\//,
    /^src\/contract\/(secret|credential)\.ts$/, // the fingerprint
    /^src\/contract\/answer-file\.ts$/, // written into the cache of the helper
    /^src\/(notify\/(line|heartbeat)|commands\/(notify|environment))\.ts$/, // the address of a receiver, to call it
    /^src\/pull\/(docker|kubelet)\.ts$/, // the requested credential
    /^src\/io\/(reach|message|proxies|context)\.ts$/, // the login at a proxy, configured headers, an adapter's proxy and key
    /^src\/commands\/token(-formats)?\.ts$/, // the requested credential
    /^src\/observe\/(admin|doors|server)\.ts$/, // compared with the caller's credentials
  ];
  assert.deepEqual(
    callers.filter(path => !allowed.some(pattern => pattern.test(path))),
    [],
  );
});

test('the list of adapters is the folder, and a kind is its file name', () => {
  const files = readdirSync(join(root, 'adapters')).filter(name => name.endsWith('.ts') && name !== 'index.ts');
  assert.deepEqual(adapters.map(adapter => `${adapter.kind}.ts`).sort(), files.sort());
  for (const { kind } of adapters)
    assert.ok(readdirSync(join(root, 'test/adapters')).includes(`${basename(kind)}.test.ts`), `${kind} has a test`);
});

test('generated pages are up to date', () => {
  for (const [path, text] of pages()) assert.equal(textOf(path), text, `${path} is stale: npm run docs`);
});

test('a code has one anchor in docs/errors.md', () => {
  const known = new Map<string, object>();
  for (const [code, spec] of [failures, engineFindings, ...adapters.map(adapter => adapter.findings)].flatMap(Object.entries)) {
    // Two adapters may share a finding.
    assert.equal(known.get(code) ?? spec, spec, code);
    known.set(code, spec);
  }
  const headings = [...textOf('docs/errors.md').matchAll(/^### (\S+)$/gm)].map(match => match[1]);
  assert.equal(headings.length, known.size);
  assert.deepEqual(new Set(headings), new Set(known.keys()));
});

test('no sentence stands twice in docs/errors.md', () => {
  const prose = textOf('docs/errors.md')
    .replaceAll('**What to do:** ', '\n')
    .replaceAll(/ \([^()]*\) *$/gm, '');
  const long = prose.split(/(?<=[.:;])\s+|\n/).filter(sentence => sentence.split(' ').length >= 6);
  assert.ok(long.length > 100);
  assert.deepEqual(
    [...long].sort().filter((sentence, at, all) => sentence === all[at + 1]),
    ['Nothing to do unless it lasts.'],
  );
});

test('the commands of the README exist', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const named = [...textOf('README.md').matchAll(/npm run (?:-s )?([a-z:]+)/g)].map(match => match[1] ?? '');
  assert.ok(named.length > 0);
  for (const name of named) assert.ok(Object.hasOwn(scripts, name), `npm run ${name}`);
});
