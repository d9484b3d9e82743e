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
const most = 0.7;

const goModule = 'k8s.io/cloud-provider-aws/cmd/ecr-credential-provider@v1.37.0';
const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app';
const request = { kind: 'CredentialProviderRequest', apiVersion: 'credentialprovider.kubelet.k8s.io/v1', image };

/**
 * Compares whole processes, as the kubelet starts them, with the official provider, which caches nothing and calls AWS
 * each time (plain HTTP on this machine, so without the network's latency). ratio: that of the hits. Our miss is
 * reported too.
 */
export async function kubelet(): Promise<Report> {
  const go = buildGo(goModule);
  using servers = await startPortainers('fake', 1, 1);
  const home = mkdtempSync(join(tmpdir(), 'ecr-courier-kubelet-'));
  try {
    const program = (file: string, more: Readonly<Record<string, string>> = {}): Program => ({
      file,
      args: [],
      stdin: `${JSON.stringify(request)}\n`,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: home,
        AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'example-secret',
        AWS_ENDPOINT_URL: servers.ecr,
        ...more,
      },
    });
    const ours = beside('dist', 'ecr-courier-credential-provider');
    const hit = compare(program(ours), program(go), hitPairs);
    const miss = compare(program(ours, { AWS_ECR_DISABLE_CACHE: '1' }), program(go), missPairs);
    console.log(
      `hit: ${hit.ours} ms, the official provider ${hit.theirs} ms; a miss: ${miss.ours} ms, the official provider ${miss.theirs} ms`,
    );
    return { bench: 'kubelet', ratio: hit.ratio, pairs: hitPairs, ok: hit.ratio <= most, most, hit, miss: { ...miss, pairs: missPairs } };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
