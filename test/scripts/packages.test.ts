import assert from 'node:assert/strict';
import { mkdtempDisposableSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
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
  for (const name of ['undici', 'convict', 'croner', 'prom-client', '@aws-sdk/credential-providers', '@smithy/signature-v4'])
    assert.ok(
      ids.some(id => id.startsWith(`${name}@`)),
      `${name} is in the bundle`,
    );
  for (const name of ['typescript', 'esbuild', 'playwright-core'])
    assert.ok(!ids.some(id => id.startsWith(`${name}@`)), `${name} is not in the bundle`);
  for (const id of ids) assert.ok(licences(bundled).split('\n').includes(id), `the licence of ${id}`);
});

test('the cut-down undici of the bundle has every name that is imported from undici', () => {
  const cut = createRequire(import.meta.url)('../../scripts/undici.cjs') as Record<string, unknown>;
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join('src', name));
  const imports = files.flatMap(file =>
    [...readFileSync(file, 'utf8').matchAll(/import ([^;]+?) from ['"]undici['"]/g)].map(match => match[1] ?? ''),
  );
  const names = imports
    .flatMap(list => list.replace(/[{}\s]/g, ' ').split(','))
    .map(name => name.trim())
    .filter(name => !name.startsWith('type '));

  assert.ok(names.length >= 3, imports.join());
  for (const name of names) assert.ok(name in cut, `${name}: scripts/undici.cjs has to hand it on`);
});
