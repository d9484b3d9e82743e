import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The version of the module with the kubelet's own code for credential providers. */
const kubernetes = '1.36.0';

/** The longest time for the build, which takes some minutes on a machine with two cores. */
const longestBuildMs = 15 * 60_000;

/** The modules in the staging directory of k8s.io/kubernetes, which are published separately. */
const staged = [
  'api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap code-generator component-base',
  'component-helpers controller-manager cri-api cri-client cri-streaming csi-translation-lib dynamic-resource-allocation endpointslice',
  'externaljwt kms kube-aggregator kube-controller-manager kube-proxy kube-scheduler kubectl kubelet metrics mount-utils',
  'pod-security-admission sample-apiserver sample-cli-plugin sample-controller streaming',
]
  .join(' ')
  .split(' ');

const module = [
  'module kubelet-plugins',
  'go 1.26.0',
  `require k8s.io/kubernetes v${kubernetes}`,
  ...staged.map(name => `replace k8s.io/${name} => k8s.io/${name} v0${kubernetes.slice(1)}`),
  '',
].join('\n');

/**
 * Returns the path of the program built from main.go. The build takes some minutes and needs Go's module proxy; its
 * result is cached for each version of its inputs.
 */
export async function kubeletPlugins(go: string): Promise<string> {
  const main = await readFile(join(import.meta.dirname, 'main.go'), 'utf8');
  const digest = createHash('sha256').update(`${module}\n${main}`).digest('hex').slice(0, 12);
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ecr-courier-test', 'test-real-go');
  const program = join(cache, `kubelet-plugins-${digest}`);
  if (existsSync(program)) return program;
  const folder = await mkdtemp(join(tmpdir(), 'kubelet-plugins-'));
  try {
    await mkdir(cache, { recursive: true });
    await writeFile(join(folder, 'main.go'), main);
    await writeFile(join(folder, 'go.mod'), module);
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod -buildvcs=false' };
    await promisify(execFile)('nice', [go, 'build', '-o', `${program}.new`, '.'], {
      cwd: folder,
      env,
      timeout: longestBuildMs,
      maxBuffer: 16 * 1024 * 1024,
    });
    await rename(`${program}.new`, program);
    return program;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
