import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { folder } from '../config/support.ts';
import { runTests } from './rig.ts';

const root = join(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/adapters.md'), 'utf8');
const files = new Map([...guide.matchAll(/```ts\n\/\/ (\S+)\n(.*?)```/gs)].map(([, name = '', text = '']) => [name, text]));
const urlOf = (path: string): string => pathToFileURL(join(root, path)).href;

/** A change to the adapter of the guide, and the checks of `testAdapter` to run on it. */
interface Variant {
  readonly name: string;
  readonly change?: readonly (readonly [before: string, after: string])[];
  readonly checks: string;
}

const put = "const answer = await http('PUT', `/entries/${host}`, { signal, body: { username, password: password.reveal() } });";
const refuse = 'if (answer.status > 201) throw http.failure(answer);';
const confirm = 'if (answer.json<{ host?: string } | null>()?.host !== host) throw http.failure(answer);';
const change = "change: answer.status === 201 ? 'created' : 'updated', id: host";
const found = "{ id: found.registry.host, registries: [found.registry], state: 'present', ref: null }";
const follower = (after: string): string => `${found}, { ...${found}, id: found.registry.host + '/user', after: ${after} }`;

const timed = `const ends = new AbortController(); void deps.clock.sleep(60_000, ends.signal); try { ${put} ${refuse} ${confirm} return { ${change} }; } finally { setImmediate(() => ends.abort()); }`;

const sound: readonly Variant[] = [
  { name: 'as it stands in the guide', checks: '' },
  { name: 'with a deadline that ends a moment after its request', change: [[put, timed]], checks: '(updates|stores|writes)' },
  { name: 'with a slot that comes after each', change: [[found, follower('found.registry.host')]], checks: '(finds|updates|writes)' },
];

/** Typical mistakes of authors, each with a check that must detect it. */
const faulty: readonly Variant[] = [
  { name: 'a page with status 200 is a success', change: [[confirm, '']], checks: 'an update .* success of something else' },
  {
    name: 'any status below 500 is a success',
    change: [
      [refuse, 'if (answer.status > 499) throw http.failure(answer);'],
      [confirm, ''],
    ],
    checks: 'an update .* whatever the status',
  },
  {
    name: 'it tries again by itself',
    change: [[refuse, `${refuse.replace('throw', `{ ${put.replace('const answer = ', '')} throw`)} }`]],
    checks: '503 to a write',
  },
  {
    name: 'it goes on after the deadline',
    change: [[put, put.replace('signal', 'signal: AbortSignal.any([])')]],
    checks: 'a write that meets "hang"',
  },
  { name: 'it waits for ever', change: [[put, `for (;;) await deps.clock.sleep(10, signal); ${put}`]], checks: 'updates' },
  {
    name: 'it asks for ever',
    change: [[put, `for (;;) await http('GET', '/entries', { signal: AbortSignal.any([]) }); ${put}`]],
    checks: 'updates',
  },
  {
    name: 'it creates while it looks',
    change: [
      [
        'const slots: Slot[] = [];',
        'const slots: Slot[] = []; for (const { host } of deps.wanted) await http("PUT", `/entries/${host}`, { signal, body: { password: "" } });',
      ],
    ],
    checks: 'creates only',
  },
  {
    name: 'ids depend on the moment',
    change: [[found, found.replace('id: found.registry.host', 'id: found.registry.host + Math.random()')]],
    checks: 'finds',
  },
  {
    name: 'it writes what it is not given',
    change: [
      [
        'if (!given) return',
        "if (!given) await http('PUT', `/entries/${slot.id}`, { signal, body: { password: '' } }); if (!given) return",
      ],
    ],
    checks: 'writes nothing',
  },
  {
    name: 'it stores another password',
    change: [[put, put.replace('password.reveal()', "password.reveal() + '='")]],
    checks: 'stores exactly',
  },
  { name: 'an update says that it created', change: [[change, "change: 'created', id: host"]], checks: 'updates' },
  { name: 'the receipt names another id', change: [[change, change.replace('id: host', 'id: `new:${host}`')]], checks: 'creates only' },
  {
    name: 'the log has a piece of the password',
    change: [[put, `deps.log.info('sent', { what: password.reveal().slice(9, 40) }); ${put}`]],
    checks: 'updates',
  },
  {
    name: 'a finding of a receipt is not in the table',
    change: [[change, `${change}, findings: [{ code: 'ODD', message: 'Odd.' }]`]],
    checks: 'updates',
  },
  {
    name: 'a page is an empty list',
    change: [['{ signal, each }', '{ signal }']],
    checks: 'a discovery that is answered with 200 and a login page',
  },
  { name: 'a slot comes after none', change: [[found, follower("'nobody'")]], checks: 'finds' },
];

/** Runs all variants in one process, and returns the failed checks of each. */
async function play(
  variants: readonly Variant[],
): Promise<ReadonlyMap<string, { readonly failed: readonly string[]; readonly all: number }>> {
  const parts = variants.flatMap(({ change = [] }, at) => {
    let text = files.get('depot.ts') ?? '';
    for (const [before, after] of change) {
      assert.ok(text.includes(before), `the guide has lost: ${before}`);
      text = text.replace(before, () => after);
    }
    const code = text.replace("'ecr-courier/adapter'", `'${urlOf('src/contract/index.ts')}'`).replace("kind: 'depot'", `kind: 'v${at}'`);
    const suite = (files.get('depot.test.ts') ?? '')
      .replace("'ecr-courier/adapter'", `'${urlOf('src/contract/index.ts')}'`)
      .replace("'ecr-courier/testing'", `'${urlOf('test/testing.ts')}'`)
      .replace('./depot.ts', `./${at}.ts`)
      .replace('adapter: depot,', 'adapter: depot, patienceMs: 2_000,');
    return [[`${at}.ts`, code] as const, [`${at}.suite.ts`, suite] as const];
  });
  const all = variants.map((_, at) => `import './${at}.suite.ts';\n`).join('');
  await using made = await folder({ ...Object.fromEntries(parts), 'all.test.ts': all, 'package.json': '{"type": "module"}' });
  const pattern = variants.map(({ checks }, at) => `^v${at}: .*${checks}`).join('|');
  const { said } = await runTests(made.at('all.test.ts'), pattern, {});
  return resultsOf(said, variants);
}

/** Reads the results from a TAP report, in which the checks of a suite precede the line of the suite. */
function resultsOf(said: string, variants: readonly Variant[]) {
  const results = new Map<string, { failed: string[]; all: number }>();
  let failed: string[] = [];
  let all = 0;
  for (const [, indent, not, name = ''] of said.matchAll(/^( *)(not )?ok \d+ - (.*)$/gm)) {
    if (indent !== '') {
      all++;
      if (not) failed.push(name);
      continue;
    }
    results.set(variants[Number(/^v(\d+):/.exec(name)?.[1])]?.name ?? name, { failed, all });
    [failed, all] = [[], 0];
  }
  return results;
}

describe('the adapter of the guide', () => {
  let results: Awaited<ReturnType<typeof play>>;
  before(async () => {
    results = await play([...sound, ...faulty]);
  });
  for (const { name } of sound)
    test(`${name} passes`, () => {
      const { failed = ['nothing was asked'], all = 0 } = results.get(name) ?? {};
      assert.deepEqual(failed, []);
      assert.ok(all > 0);
    });
  for (const { name } of faulty)
    test(`testAdapter sees that ${name}`, () => assert.ok((results.get(name)?.failed.length ?? 0) > 0, JSON.stringify([...results])));
});
