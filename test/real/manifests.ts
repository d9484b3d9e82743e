/** `npx node test/real/manifests.ts`: renders the plain manifests from the chart with the tests' Helm. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deploy, manifests } from '../deploy/chart.ts';
import { manifestOf } from './helm.ts';

mkdirSync(join(deploy, 'kubernetes'), { recursive: true });
for (const [name, values] of Object.entries(manifests) as [keyof typeof manifests, object][]) {
  writeFileSync(join(deploy, 'kubernetes', name), manifestOf(name, values));
  process.stdout.write(`deploy/kubernetes/${name}\n`);
}
