import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parse } from 'yaml';
import { type Administrator, administrator } from '../adapters/kubernetes/administrator.ts';
import { authsIn } from '../adapters/kubernetes/rig.ts';
import { executable } from '../commands/cli.ts';
import { startEcr } from '../fakes/ecr.ts';
import { type Running, startProcess } from './daemon.ts';
import { helm } from './helm.ts';

const secretKey = 'a-secret-access-key-of-nobody-at-all';
const core = '/api/v1/namespaces';

/**
 * A real cluster with namespaces of the test, a release of the chart, and the courier with the rights of the release.
 */
export interface Stage extends AsyncDisposable, Pick<Administrator, 'ask' | 'statusOf'> {
  /** The prefix of the names of all created objects. */
  readonly prefix: string;
  /** The namespace of the release. */
  readonly home: string;
  make(namespace: string): Promise<void>;
  /** Runs helm with the rights of an administrator. Fails unless it succeeds. */
  helm(args: readonly string[], values?: object): string;
  /** Returns what a ServiceAccount of the release may do in a namespace, according to the server. */
  rulesOf(account: string, namespace: string): Promise<readonly Rule[]>;
  /** Runs a command as the pod would: with the installed configuration and a token of the ServiceAccount. */
  start(account: string, ...args: string[]): Promise<Running & { readonly doors: string }>;
  /** Whether the Secret holds a password that ECR accepts now. */
  isServed(namespace: string, host: string): Promise<boolean>;
  until(condition: () => Promise<boolean>, what: string): Promise<void>;
}
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export async function stageOn(url: string, tokenFile: string): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const admin = stack.use(await administrator(url, tokenFile));
  const { ask, statusOf } = admin;
  const ecr = stack.use(await startEcr());
  const command = await executable();
  const folder = await mkdtemp(join(tmpdir(), 'courier-cluster-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const prefix = `courier-chart-${randomBytes(4).toString('hex')}`;
  const home = `${prefix}-home`;
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf(url, tokenFile), { mode: 0o600 });
  const outputs: (() => string)[] = [];
  // Both grow later.
  const made = stack.use(new AsyncDisposableStack());
  const running = stack.use(new AsyncDisposableStack());
  running.defer(() => void helm(['uninstall', prefix, '--ignore-not-found', '--namespace', home, '--kubeconfig', kubeconfig]));

  async function make(name: string, labels: object = {}): Promise<void> {
    await ask('POST', core, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    made.defer(async () => void (await ask('DELETE', `${core}/${name}`)));
    // Applies the ServiceAccount itself, as the controller that creates it may be slow or absent.
    await ask('PATCH', `${core}/${name}/serviceaccounts/default?fieldManager=test`, account, 'application/apply-patch+yaml');
  }
  // The pod security of a restricted namespace.
  await make(home, { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' });

  async function tokenOf(name: string): Promise<string> {
    const spec = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } };
    const { status } = await ask<{ status: { token: string } }>('POST', `${core}/${home}/serviceaccounts/${name}/token`, spec);
    const path = join(folder, `token-${name}`);
    await writeFile(path, status.token, { mode: 0o600 });
    return path;
  }

  const stage: Stage = {
    prefix,
    home,
    ask,
    statusOf,
    make,
    helm(args, values) {
      const { status, stdout, stderr } = helm([...args, '--namespace', home, '--kubeconfig', kubeconfig], values);
      assert.equal(status, 0, stdout + stderr);
      return stdout + stderr;
    },
    async rulesOf(name, namespace) {
      await using asking = await administrator(url, await tokenOf(name));
      const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
      const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
      const { status } = await asking.ask<{ status: { resourceRules: Rule[] } }>('POST', path, review);
      // Every authenticated user may review its own rights.
      return status.resourceRules.filter(({ apiGroups }) => !apiGroups.some(group => /^(authorization|authentication)\./.test(group)));
    },
    async start(name, ...args) {
      const { data } = await ask<{ data: Record<string, string> }>('GET', `${core}/${home}/configmaps/${name}`);
      const { targets, ...config } = parse(data['courier.yaml'] ?? '') as { targets: object[] };
      const from = { url, tokenFile: await tokenOf(name), insecureSkipVerify: true, allowHttp: url.startsWith('http:') };
      const file = join(folder, `config-${outputs.length}.json`);
      await writeFile(file, JSON.stringify({ ...config, targets: targets.map(target => ({ ...target, ...from })) }), { mode: 0o600 });
      const doors = `127.${outputs.length + 1}.${Math.floor(Math.random() * 255)}.3:8080`;
      const env = environment({ folder, doors, ecr: ecr.url, file, past: new URL(url).hostname });
      const started = running.use(startProcess(process.execPath, [command, ...args], { env }));
      outputs.push(started.output);
      return Object.assign(started, { doors });
    },
    async isServed(namespace, host) {
      const path = `${core}/${namespace}/secrets/ecr-courier`;
      if ((await statusOf('GET', path)) !== 200) return false;
      const { data } = await ask<{ data: Record<string, string> }>('GET', path);
      const { password = '' } = authsIn(Buffer.from(data['.dockerconfigjson'] ?? '', 'base64').toString())[host] ?? {};
      return ecr.judge('eu-west-1', password) === 'good';
    },
    async until(condition, what) {
      for (const end = Date.now() + 60_000; Date.now() < end; await wait(50)) if (await condition()) return;
      assert.fail(`waited in vain for: ${what}\n${outputs.map(output => output().slice(-3000)).join('\n---\n')}`);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
  const kept = stack.move();
  return stage;
}

const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };

const kubeconfigOf = (server: string, tokenFile: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'it', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'it', user: { tokenFile } }],
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
    'current-context': 'it',
  });

/**
 * Returns the variables of the daemon. Only the host `past` bypasses the proxy, which does not exist, so no proof
 * reaches a registry.
 */
const environment = (at: { folder: string; doors: string; ecr: string; file: string; past: string }) => ({
  PATH: process.env['PATH'] ?? '',
  HOME: at.folder,
  AWS_ACCESS_KEY_ID: 'AKIDOFNOBODY',
  AWS_SECRET_ACCESS_KEY: secretKey,
  AWS_ENDPOINT_URL: at.ecr,
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: at.past,
  ECR_COURIER_CONFIG: at.file,
  ECR_COURIER_SOCKET: join(at.folder, 'socket'),
  ECR_COURIER_LISTEN: at.doors,
  ECR_COURIER_TICK_SECONDS: '1',
  ECR_COURIER_START_SPREAD_SECONDS: '0',
});
