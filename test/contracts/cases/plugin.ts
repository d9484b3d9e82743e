import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EndpointCase, PluginCase, PluginFile } from '../format.d.ts';
import { startPluginAws } from './plugin-aws.ts';
import type { Program } from './program.ts';
import { differences, told } from './verdict.ts';

/** Secrets that no run may print on stderr. */
const secrets = ['fake-secret-1', 'sa-token-1', 'role-secret-1', 'role-session-1', 'ecr-password-', 'ecr-public-password', 'pa:ss:word'];

/** Returns the runnable cases of a file for the provider. */
export const pluginCases = ({ cases, endpoints = [] }: PluginFile, program: Program): { name: string; run: () => Promise<string[]> }[] => [
  ...cases.map(one => ({ name: one.name, run: () => runCase(one, program) })),
  ...endpoints.map(one => ({ name: `endpoint ${one.name}`, run: () => runEndpoint(one, program) })),
];

async function runCase({ args, stdin, env, awsAnswers, ours }: PluginCase, program: Program): Promise<string[]> {
  await using aws = await startPluginAws(awsAnswers);
  await using home = await emptyHome();
  // Nothing listens on port 1.
  const filled = filledIn(env, { fakeAws: aws.url, closedPort: '1' });
  const started = await program(args, { stdin, env: { HOME: home.path, ...filled } });
  const ran = { ...started, calls: aws.calls };
  return told('', ran, differences(ran, ours, secrets));
}

async function runEndpoint({ image, env, serviceAccountToken, ours }: EndpointCase, program: Program): Promise<string[]> {
  await using home = await emptyHome();
  await using proxy = await startRefusingProxy();
  const given = {
    HOME: home.path,
    AWS_ACCESS_KEY_ID: 'AKIAFAKE',
    AWS_SECRET_ACCESS_KEY: 'fake-secret-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    HTTPS_PROXY: proxy.url,
  };
  const token = {
    serviceAccountToken: 'sa-token-1',
    serviceAccountAnnotations: { 'eks.amazonaws.com/ecr-role-arn': 'arn:aws:iam::123456789012:role/puller' },
  };
  const request = {
    kind: 'CredentialProviderRequest',
    apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
    image,
    ...(serviceAccountToken ? token : {}),
  };
  const started = await program([], { stdin: `${JSON.stringify(request)}\n`, env: { ...given, ...filledIn(env, {}) } });
  const contacts = [...new Set(proxy.contacts)].join(', ');
  const wrong =
    contacts === ours.contacts.join(', ') ? [] : [`the contacts are ${contacts || 'none'}, not ${ours.contacts.join(', ') || 'none'}`];
  const ran = { ...started, calls: [] };
  return told('', ran, [...wrong, ...differences(ran, { exit: ours.exit }, secrets)]);
}

const filledIn = (env: Readonly<Record<string, string>>, values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).map(([name, text]) => [name, text.replaceAll(/\$\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole)]),
  );

async function emptyHome(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'ecr-courier-case-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Starts a proxy that refuses every CONNECT and records the requested hosts. */
async function startRefusingProxy(): Promise<AsyncDisposable & { readonly url: string; readonly contacts: string[] }> {
  const contacts: string[] = [];
  const server = createServer().on('connect', ({ url }, socket) => {
    contacts.push(url ?? '');
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close').catch(() => undefined);
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, contacts, [Symbol.asyncDispose]: close };
}
