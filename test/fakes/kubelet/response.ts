import { readTree } from '../../../config/origin.ts';
import { parseGoDuration } from '../../../src/kubelet/duration.ts';

export interface Response {
  readonly cacheKeyType: 'Image' | 'Registry' | 'Global';
  /** undefined: the response sets no duration. */
  readonly cacheMs: number | undefined;
  readonly auth: Readonly<Record<string, { readonly username: string; readonly password: string }>>;
  defaultMs(text: string): number;
}

type Members = Readonly<Record<string, unknown>>;
const isMap = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Decodes a provider's stdout like the kubelet's strict decoder. Returns undefined if the kubelet would drop it. */
export function responseOf(stdout: string, apiVersion: string): Response | undefined {
  let value: unknown;
  try {
    value = JSON.parse(stdout);
  } catch {
    return undefined;
  }
  // Duplicate names are an error, but JSON.parse accepts them.
  if (readTree(stdout, 'stdout', 'ours').slips.length > 0 || !isMap(value)) return undefined;
  const { kind, apiVersion: answered, cacheKeyType, cacheDuration, auth, ...unknown } = value;
  if (kind !== 'CredentialProviderResponse' || answered !== apiVersion || Object.keys(unknown).length > 0) return undefined;
  if (cacheKeyType !== 'Image' && cacheKeyType !== 'Registry' && cacheKeyType !== 'Global') return undefined;
  const cacheMs = typeof cacheDuration === 'string' ? parseGoDuration(cacheDuration) : undefined;
  if (cacheDuration !== undefined && cacheDuration !== null && cacheMs === undefined) return undefined;
  const entries = Object.entries(isMap(auth) ? auth : {});
  if (!(isMap(auth) || auth === undefined || auth === null) || !entries.every(([, entry]) => isLogin(entry))) return undefined;
  const logins = entries.map(([host, entry]) => [host, { username: '', password: '', ...(entry as Members) }]);
  return {
    cacheKeyType,
    cacheMs,
    auth: Object.fromEntries(logins) as Response['auth'],
    defaultMs: text => parseGoDuration(text) ?? 0,
  };
}

function isLogin(entry: unknown): boolean {
  if (!isMap(entry)) return false;
  const { username = '', password = '', ...unknown } = entry;
  return typeof username === 'string' && typeof password === 'string' && Object.keys(unknown).length === 0;
}
