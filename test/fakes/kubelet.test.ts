import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runKubeletCase } from '../contracts/cases/kubelet.ts';
import type { PluginFile } from '../contracts/format.d.ts';

const { kubelet } = JSON.parse(readFileSync(join(import.meta.dirname, '../contracts/kubelet-plugin.json'), 'utf8')) as PluginFile;

test('the stand-in of the kubelet, and kubelet check, do as the kubelet was seen to do', async () => {
  const results = await Promise.all(kubelet.map(async one => [one.name, await runKubeletCase(one)] as const));
  assert.deepEqual(
    results.filter(([, differences]) => differences.length > 0),
    [],
  );
  assert.ok(results.length >= 50);
});
