import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executable } from '../commands/cli.ts';
import { hostOf, startWorld, type World, type WorldOptions } from './daemon.ts';
import { startDockerRegistry } from './docker-registry.ts';
import { type Engine, run, startEngine } from './engine.ts';
import { startFront } from './front.ts';
import type { Program } from './needs.ts';

export const account = '123456789012';
export const host = hostOf(account);
export const image = `${host}/team/app:1`;

/** The programs that `startPulls` needs. It also needs root. */
export const pullPrograms = ['docker', 'dockerd', 'docker-registry', 'htpasswd', 'openssl'] as const satisfies readonly Program[];

/** A registry under an ECR name whose password rotates, an AWS that issues the password, and an engine that pulls. */
export interface Pulls extends AsyncDisposable {
  readonly world: World;
  readonly engine: Engine;
  /** The digest of the image. */
  readonly digest: string;
  /** A folder for files of the test. */
  readonly folder: string;
  /** The variables with which Go programs reach the registry. */
  readonly goEnv: Readonly<Record<string, string>>;
  /** The variables with which a process outside of `world` reaches AWS, and keys. */
  readonly awsEnv: Readonly<Record<string, string>>;
  /** Pushes the image under another tag. Returns its name. */
  push(tag: string): Promise<string>;
  /** Rotates the AWS password and the registry. Returns the new one, as `ecr-courier token` prints it. */
  rotate(): Promise<string>;
  /** Returns the current password. Runs outside of `world`, whose output must not contain one. */
  token(): Promise<string>;
}

/** Starts it all. `engineArgs` are arguments for dockerd. */
export async function startPulls(options: WorldOptions, engineArgs: readonly string[] = []): Promise<Pulls> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'courier-pulls-'));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  const registry = starting.use(await startDockerRegistry(folder));
  const portOf = (name: string): number => (name === host ? registry.port : world.ecr.server.port);
  const front = starting.use(await startFront(folder, [host, 'api.ecr.eu-west-1.amazonaws.com'], portOf));
  const way = { HTTPS_PROXY: front.url, AWS_CA_BUNDLE: front.caFile };
  const world = starting.use(
    await startWorld({ ...options, ecr: { rotation: 'on demand' }, env: { ...way, AWS_ENDPOINT_URL: '', ...options.env } }),
  );
  const goEnv = { HTTPS_PROXY: front.url, SSL_CERT_FILE: front.caFile };
  const awsEnv = { AWS_ACCESS_KEY_ID: 'AKIDOFNOBODY', AWS_SECRET_ACCESS_KEY: 'of-nobody', ...way };
  const engine = starting.use(await startEngine(goEnv, engineArgs));
  const digest = await registry.push('team/app', '1', await rotate());
  const stack = starting.move();
  return { world, engine, digest, folder, goEnv, awsEnv, push, rotate, token, [Symbol.asyncDispose]: () => stack.disposeAsync() };

  async function push(tag: string): Promise<string> {
    await registry.push('team/app', tag, await token());
    return `${host}/team/app:${tag}`;
  }

  async function rotate(): Promise<string> {
    world.ecr.rotate();
    const password = await token();
    await registry.setPassword(password);
    return password;
  }

  async function token(): Promise<string> {
    const { code, output } = await run(process.execPath, [await executable(), 'token', host], { HOME: folder, ...awsEnv });
    assert.equal(code, 0, output);
    return output.trim();
  }
}
