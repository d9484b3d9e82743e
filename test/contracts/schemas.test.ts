import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Json } from './format.d.ts';
import type { AnyStep, RecordedFile } from './harness.ts';
import { rancher16 } from './rancher-1.6.ts';
import { replay } from './replay.ts';

const file = JSON.parse(readFileSync(join(import.meta.dirname, 'rancher-1.6.json'), 'utf8')) as RecordedFile;
/** The members of a schema that the fake shows. The adapter reads only the methods. */
const shown = ['id', 'type', 'links', 'collectionMethods', 'resourceMethods'];

function onlyMethods({ request, response }: AnyStep): AnyStep {
  const members = Object.entries((response as { body: Record<string, Json> }).body).filter(([name]) => shown.includes(name));
  return { request, response: { ...response, body: Object.fromEntries(members) } };
}

test('the fake of Rancher 1.6 shows to whom which methods are open, as recorded', async () => {
  // Earlier steps, which this test leaves out, provide the key of an agent.
  const told = file.scenarios
    .filter(({ name }) => name !== 'agent-key-role-environment')
    .flatMap(scenario => {
      const steps = (scenario.steps ?? []).filter(({ request }) => /\/schemas\/\w+$/.test(request.path)).map(onlyMethods);
      return steps.length > 0 ? [{ ...scenario, topics: [], steps }] : [];
    });
  assert.equal(told.length, 5);
  for (const scenario of told) assert.deepEqual((await replay(scenario, rancher16, file)).differences, [], scenario.name);
});
