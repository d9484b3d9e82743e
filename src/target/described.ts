import { createHash } from 'node:crypto';
import type { TargetConfig } from '../../config/load.ts';
import { fingerprint } from '../contract/credential.ts';
import { nameOfImage } from '../contract/image.ts';
import { Secret } from '../contract/secret.ts';
import { isInShard, type Shard } from '../contract/shard.ts';
import type { Finding } from '../contract/target.ts';
import { type EngineFinding, finding as standing } from '../courier/findings.ts';
import { cronWindow } from '../courier/schedule.ts';
import { setting } from '../io/tls.ts';

/** The properties of a target that the engine knows before the target is opened. */
export function describe(config: TargetConfig, shard: Shard | undefined) {
  return {
    name: config.name,
    kind: config.kind,
    required: config.required,
    create: config.create,
    alike: config.adapter.alike,
    paused: config.paused,
    limits: config.limits,
    findings: config.adapter.findings,
    remedies: remediesOf(config),
    standing: standingOf(config),
    own: config.own,
    isShared: shard !== undefined,
    verify: shard ? config.verify.filter(image => isInShard(shard, nameOfImage(image))) : config.verify,
    window: config.window === undefined ? undefined : cronWindow(config.window),
  };
}

/** A digest of everything that determines how the target is reached and what is requested from it. */
export function digestOf(config: TargetConfig, shard: Shard | undefined): string {
  const unimportant = {
    adapter: undefined,
    required: undefined,
    paused: undefined,
    window: undefined,
    verify: undefined,
    origin: undefined,
  };
  // JSON masks a secret before a replacer sees it.
  function hidden(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
    const original = this[key];
    return original instanceof Secret ? fingerprint({ password: original }) : value;
  }
  return createHash('sha256')
    .update(JSON.stringify({ ...config, ...unimportant, shard }, hidden))
    .digest('hex');
}

/** Remedies for findings of the engine, with option names as the user writes them: variables, or options in a file. */
function remediesOf({ adapter, create: isCreating, spelling: { create, registries, fingerprint, caFile } }: TargetConfig) {
  const place = adapter.keeps === 'files' ? 'file' : 'manager';
  const mayCreate = `\`${setting(create, 'true')}\``;
  return {
    NO_SLOTS: `Add the registry in the ${place}, or name its host in \`${registries}\`${isCreating ? '' : ` and set ${mayCreate}`}.`,
    NOT_CREATED: `Create it in the ${place}, or set ${mayCreate}.`,
    OWN_UNKNOWN: `Give the source \`default\` AWS credentials that may fetch a token, or name the hosts in \`${registries}\` instead of \`own\`.`,
    TLS_UNVERIFIED: `Pin the certificate with \`${fingerprint}\`, or give its CA with \`${caFile}\`.`,
  } satisfies Partial<Record<EngineFinding, string>>;
}

function standingOf(config: TargetConfig): Finding[] {
  const { name, tls, options } = config;
  const plain = Object.values(options).some(value => typeof value === 'string' && /^http:/i.test(value));
  const target = { remedies: remediesOf(config) };
  return [
    ...(tls.insecureSkipVerify ? [standing('TLS_UNVERIFIED', `The certificate of ${name} is not verified.`, target)] : []),
    ...(plain ? [standing('PLAIN_HTTP', `${name} is reached over plain HTTP.`)] : []),
  ];
}
