/** The definition of a metric, independent of the metrics library. Names are without the prefix. */
export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
}
/** Never `region`, `service`, `type` and the like, which Prometheus and its users set on targets themselves. */
export type Label =
  | 'target'
  | 'source'
  | 'ecr_region'
  | 'code'
  | 'change'
  | 'state'
  | 'severity'
  | 'level'
  | 'image'
  | 'lease'
  | 'receiver'
  | 'version'
  | 'node';

export const prefix = 'ecr_courier_';

function spec<const T extends MetricSpec['type']>(type: T) {
  return (name: string, help: string, ...labels: Label[]): MetricSpec & { readonly type: T } => ({ type, name, help, labels });
}
const counter = spec('counter');
const gauge = spec('gauge');
const histogram = spec('histogram');

/** All metrics. Attempts and failures are separate counters, times are timestamps, and nothing is per slot. */
export const metricTable = {
  buildInfo: gauge('build_info', 'Always 1; the labels say what runs.', 'version', 'node'),

  tokenExpiry: gauge('token_expiry_timestamp_seconds', 'When the newest token expires; 0 while there is none.', 'source', 'ecr_region'),
  tokenIssued: gauge('token_issued_timestamp_seconds', 'When the newest token was issued; 0 while there is none.', 'source', 'ecr_region'),
  nextFetch: gauge('next_fetch_timestamp_seconds', 'When the next token is fetched; 0 when it is not known.', 'source', 'ecr_region'),
  fetchAttempts: counter('fetch_attempts_total', 'Tokens asked for.', 'source', 'ecr_region'),
  fetchFailures: counter('fetch_failures_total', 'Tokens asked for in vain, by failure code.', 'source', 'ecr_region', 'code'),
  fetchDuration: histogram('fetch_duration_seconds', 'How long a fetch of a token took, failed or not.', 'source', 'ecr_region'),
  fetchSuccess: gauge('last_fetch_success_timestamp_seconds', 'When a token was last fetched; 0 before the first.', 'source', 'ecr_region'),
  proofAttempts: counter('proof_attempts_total', 'Times that a registry was asked whether it accepts a new token.', 'source', 'ecr_region'),
  proofFailures: counter('proof_failures_total', 'Proofs that failed: refused, or the registry out of reach.', 'source', 'ecr_region'),

  discoveryAttempts: counter('discovery_attempts_total', 'Times that a target was asked for its registries.', 'target'),
  discoveryFailures: counter('discovery_failures_total', 'Discoveries that failed, by failure code.', 'target', 'code'),
  discoverySuccess: gauge(
    'last_discovery_success_timestamp_seconds',
    'When a target was last discovered; 0 before the first time.',
    'target',
  ),
  deliverAttempts: counter('deliver_attempts_total', 'Attempts to write a credential.', 'target'),
  deliverFailures: counter('deliver_failures_total', 'Attempts that failed, by failure code.', 'target', 'code'),
  deliverChanges: counter('deliver_changes_total', 'Attempts that succeeded, by what they changed.', 'target', 'change'),
  deliverDuration: histogram('deliver_duration_seconds', 'How long an attempt took, failed or not.', 'target'),
  deliverSuccess: gauge('last_delivery_success_timestamp_seconds', 'When a credential was last written; 0 before the first.', 'target'),

  targetExpiry: gauge(
    'target_token_expiry_timestamp_seconds',
    'The earliest expiry of what the slots of a target hold; 0 while one of them holds nothing or nothing is known; absent when it is paused or has nothing to hold.',
    'target',
  ),
  targetIssued: gauge(
    'target_token_issued_timestamp_seconds',
    'When the token was issued that expires first in a target; 0 and absent as its expiry is.',
    'target',
  ),
  targetUp: gauge('target_up', '1 when a target was discovered and nothing stops it; absent when it is paused.', 'target'),
  targetKeyExpiry: gauge(
    'target_key_expiry_timestamp_seconds',
    'When the key with which a target is reached ends; absent when it does not end, or nobody tells.',
    'target',
  ),
  targetInsecure: gauge('target_insecure', '1 when the certificate of a target is not verified.', 'target'),
  slots: gauge('slots', 'Slots of a target, by state.', 'target', 'state'),
  consecutiveFailures: gauge(
    'consecutive_failures',
    'Failures in a row: of the target, or of its worst slot; absent when it is paused.',
    'target',
  ),
  findings: gauge('findings', 'Findings about a target and its slots, by severity.', 'target', 'severity'),

  imagePullable: gauge(
    'image_pullable',
    '1 when an image under `verify` would be pulled, 0 when a right is missing or it is not there; absent while nobody can say.',
    'target',
    'image',
  ),
  imageProven: gauge(
    'last_image_proof_success_timestamp_seconds',
    'When it was last sure that an image under `verify` would be pulled; 0 before the first time.',
    'target',
    'image',
  ),

  receiverUp: gauge(
    'receiver_up',
    '1 when a receiver of messages, or the heartbeat, took what it was sent last; 0 when it did not; absent before the first time.',
    'receiver',
  ),
  receiverSuccess: gauge(
    'last_receiver_success_timestamp_seconds',
    'When a receiver last took something; 0 before the first time.',
    'receiver',
  ),

  ready: gauge(
    'ready',
    '1 while /readyz says so: every required target was discovered, and its slots hold valid tokens; or another courier leads.',
  ),
  leading: gauge('leading', '1 while this courier leads, of those with one Lease; absent where there is no Lease.', 'lease'),
  reloadOk: gauge('config_last_reload_successful', '1 when the configuration was accepted at the last attempt to load it.'),
  reloadSuccess: gauge('config_last_reload_success_timestamp_seconds', 'When the configuration was last accepted.'),
  clockSkew: gauge('clock_skew_seconds', 'Clock of AWS minus clock of this machine; 0 before the first token.'),
  logMessages: counter('log_messages_total', 'Lines written to the log, by level.', 'level'),
} as const satisfies Record<string, MetricSpec>;

/** All metrics with their full names, for the reference page. */
export function metricList(): MetricSpec[] {
  return Object.values(metricTable).map(one => ({ ...one, name: prefix + one.name }));
}
