import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Job {
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly { readonly name?: string; readonly run?: string }[];
}
const release = parse(textOf('.github/workflows/release.yml')) as {
  readonly on: { readonly push: { readonly tags: readonly string[] } };
  readonly defaults: { readonly run: { readonly shell: string } };
  readonly jobs: Readonly<Record<string, Job>>;
};
const jobs = Object.entries(release.jobs);
const scriptOf = ({ steps = [] }: Job): string => steps.map(({ run = '' }) => run).join('\n');

/** Returns all jobs that must succeed before this job starts. */
function before(name: string): ReadonlySet<string> {
  const needs = [release.jobs[name]?.needs ?? []].flat();
  return new Set([...needs, ...needs.flatMap(need => [...before(need)])]);
}

test('a tag publishes only if it is the version of the tree', () => {
  const [pattern = '', ...others] = release.on.push.tags;
  assert.deepEqual(others, []);
  // In these patterns GitHub's syntax is that of regular expressions, except for the dot.
  const taken = new RegExp(`^${pattern.replaceAll('.', String.raw`\.`)}$`);
  for (const tag of ['v0.1.0', 'v12.34.56']) assert.match(tag, taken);
  for (const tag of ['v1.0.0-rc.1', 'v1', 'version', 'v1.2.3.4']) assert.doesNotMatch(tag, taken);

  const script = scriptOf(release.jobs['version'] ?? {});
  const judge = (tag: string) =>
    spawnSync('bash', ['-eo', 'pipefail', '-c', script], { cwd: root, env: { ...process.env, GITHUB_REF_NAME: tag }, encoding: 'utf8' });
  const { version } = JSON.parse(textOf('package.json')) as { version: string };
  assert.equal(judge(`v${version}`).status, 0);
  const refused = judge('v99.0.0');
  assert.equal(refused.status, 1);
  assert.match(refused.stdout, /^::error::The tag is v99\.0\.0, and package\.json has the version \d/);
  for (const [name] of jobs.filter(([job]) => job !== 'version')) assert.ok(before(name).has('version'), name);
});

test('nothing is published untested', () => {
  for (const [name] of jobs.filter(([job]) => !['version', 'ci'].includes(job))) assert.ok(before(name).has('ci'), name);
});

test('each job has the rights that its commands take', () => {
  const rights: readonly (readonly [command: RegExp, right: string, level: string])[] = [
    [/\bgh run download\b/, 'actions', 'read'],
    [/\bgh release create\b/, 'contents', 'write'],
    [/--push\b|\bhelm push\b/, 'packages', 'write'],
    [/\bcosign sign\b|--provenance --access/, 'id-token', 'write'],
  ];
  for (const [command, right, level] of rights) {
    const users = jobs.filter(([, job]) => command.test(scriptOf(job)));
    assert.ok(users.length > 0, String(command));
    for (const [name, { permissions = {} }] of users) assert.equal(permissions[right], level, `${name}: ${right}`);
  }
});

test('the Node of a release is the one that everything is tested with', () => {
  const { devDependencies } = JSON.parse(textOf('package.json')) as { devDependencies: { node: string } };
  const versions = [...textOf('.github/workflows/release.yml').matchAll(/node-version: (\S+)/g)].map(([, version]) => version);
  assert.deepEqual(new Set(versions), new Set([devDependencies.node]));
  assert.ok(textOf('Dockerfile').includes(`\nARG NODE_IMAGE=node:${devDependencies.node}-`));
});

test('a command that fails in a pipe ends its job', () => {
  assert.equal(release.defaults.run.shell, 'bash');
});

test('who reports a bug can attach the bundle: GitHub takes no file in a field that renders its text as code', () => {
  const form = parse(textOf('.github/ISSUE_TEMPLATE/bug.yml')) as { body: { id?: string; attributes: object }[] };
  const field = form.body.find(({ id }) => id === 'bundle');
  assert.match(JSON.stringify(field), /ecr-courier bundle > bundle\.txt/);
  assert.ok(field && !('render' in field.attributes));
});
