import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { clock } from '../../../src/contract/clock.ts';
import { runKubelet } from '../../../src/pull/kubelet.ts';
import type { PluginFile } from '../format.d.ts';
import { type Program, pluginCases } from './plugin.ts';

/** In this very process: a start costs more than most cases. `npm run cases` starts the front. */
const program: Program = async (args, { env, stdin }) => {
  const began = performance.now();
  const { code, ...said } = await runKubelet({
    args,
    env,
    clock,
    signal: AbortSignal.timeout(15_000),
    stdin: () => Promise.resolve(stdin),
  });
  return { exit: code, ...said, ms: performance.now() - began };
};

test('the credential provider of the kubelet does what the cases say of ours', async () => {
  const file = JSON.parse(readFileSync(join(import.meta.dirname, '../kubelet-plugin.json'), 'utf8')) as PluginFile;
  const results = await Promise.all(pluginCases(file, program).map(async ({ name, run }) => [name, await run()] as const));
  assert.deepEqual(
    results.filter(([, differences]) => differences.length > 0),
    [],
  );
  assert.equal(results.length, file.cases.length + (file.endpoints?.length ?? 0));
});
