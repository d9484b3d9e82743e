import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from './benches.ts';
import { buildGo } from './go.ts';
import { startPortainers } from './portainers.ts';
import { beside } from './processes.ts';
import { compare, type Program } from './whole.ts';

const hitPairs = 100;
const missPairs = 21;
const mostOfGo = 0.7;
const mostOfSdk = 0.65;

const goModule = 'github.com/awslabs/amazon-ecr-credential-helper/ecr-login/cli/docker-credential-ecr-login@v0.12.0';
const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

/**
 * Compares whole processes: a hit with one of the Go helper, and a miss (one call to AWS, plain HTTP on this machine)
 * with one of a helper made with the AWS SDK. A miss of the Go helper is reported too. As on any machine, Node's
 * compile cache of our helper exists from earlier runs; the other one has none. ratio: that of the hits.
 */
export async function helper(): Promise<Report> {
  const go = buildGo(goModule);
  using servers = await startPortainers('fake', 1, 1);
  const home = mkdtempSync(join(tmpdir(), 'ecr-courier-helper-'));
  try {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example-secret',
      AWS_ENDPOINT_URL: servers.ecr,
    };
    const program = (file: string, more: Readonly<Record<string, string>> = {}): Program => ({
      file,
      env: { ...env, ...more },
      stdin: host,
    });
    const ours = beside('dist', 'docker-credential-ecr-courier');
    const hit = compare(program(ours), program(go), hitPairs);
    const off = { AWS_ECR_DISABLE_CACHE: '1' };
    const sdk = { ...program(process.execPath), args: [beside('sdk-way.js')] };
    const miss = compare(program(ours, off), sdk, missPairs);
    const goMiss = compare(program(ours, off), program(go, off), missPairs).theirs;
    console.log(
      `hit: ${hit.ours} ms, the Go helper ${hit.theirs} ms; miss: ${miss.ours} ms, with the SDK ${miss.theirs} ms, the Go helper ${goMiss} ms`,
    );
    const ok = hit.ratio <= mostOfGo && miss.ratio <= mostOfSdk;
    return {
      bench: 'helper',
      ratio: hit.ratio,
      pairs: hitPairs,
      ok,
      most: mostOfGo,
      hit,
      miss: { ...miss, go: goMiss, pairs: missPairs, most: mostOfSdk },
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
