import assert from 'node:assert/strict';
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundle } from '../../scripts/bundle.ts';
import { bundledPackages, licences, sbom } from '../../scripts/packages.ts';

test('the bill of materials and the licences name what is in the bundle, and nothing else', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'ecr-courier-'));
  const bundled = bundledPackages(await bundle({ main: 'src/main.ts' }, folder.path));
  const ids = bundled.map(({ id }) => id);
  const { metadata, components } = JSON.parse(sbom(bundled)) as Record<string, { name: string; 'bom-ref': string }[]> & {
    metadata: { component: { name: string } };
  };

  assert.deepEqual(components?.map(component => component['bom-ref']).sort(), ids.toSorted());
  assert.equal(metadata.component.name, 'ecr-courier');
  for (const name of ['undici', 'convict', 'croner', 'prom-client', '@aws-sdk/client-ecr'])
    assert.ok(
      ids.some(id => id.startsWith(`${name}@`)),
      `${name} is in the bundle`,
    );
  for (const name of ['typescript', 'esbuild', 'playwright-core'])
    assert.ok(!ids.some(id => id.startsWith(`${name}@`)), `${name} is not in the bundle`);
  for (const id of ids) assert.ok(licences(bundled).split('\n').includes(id), `the licence of ${id}`);
});
