import { type Proxies, proxiesOf, spellingInForce } from '../src/io/proxies.ts';
import type { Env } from './env.ts';
import type { Report } from './read.ts';

/** Reads the variables for proxies. A value that would make requests fail later is a mistake here. */
export function readProxies(env: Env, report: Report): Proxies {
  const proxies = proxiesOf(env);
  report.mistakes.push(...proxies.mistakes.map(({ variable, message }) => ({ path: '', origin: variable, message })));
  report.warnings.push(...proxies.unknown.map(notUnderstood), ...contradictions(env), ...changes(env));
  return proxies;
}

function notUnderstood(entry: string): string {
  const shown = entry.includes('@') ? 'an entry (not shown, as it may hold a password)' : JSON.stringify(entry);
  return `NO_PROXY: ${shown} is not understood and has no effect. Write names (example.org), addresses (10.1.2.3) or ranges (10.0.0.0/8), with commas between them.`;
}

function contradictions(env: Env): string[] {
  const twice = (['HTTPS_PROXY', 'HTTP_PROXY'] as const).filter(name => {
    const [upper, lower] = [env[name], env[name.toLowerCase()]];
    return upper && lower && upper !== lower;
  });
  const all = ['all_proxy', 'ALL_PROXY'].find(name => env[name]);
  const used = spellingInForce(env, 'HTTPS_PROXY') ?? spellingInForce(env, 'HTTP_PROXY');
  return [
    ...twice.map(name => `${name} and ${name.toLowerCase()} name different proxies: ${name.toLowerCase()} is used.`),
    ...(all && !used ? [`${all} is not read: name an HTTP proxy in HTTPS_PROXY.`] : []),
  ];
}

/** Warnings about settings that earlier versions read in another way. */
function changes(env: Env): string[] {
  const http = spellingInForce(env, 'HTTP_PROXY');
  const https = spellingInForce(env, 'HTTPS_PROXY');
  if (!http && !https) return [];
  const { no_proxy: lower, NO_PROXY: upper } = env;
  return [
    ...(http && !https
      ? [
          `Changed: ${http} is used for http:// only, so AWS and https:// addresses are reached directly. To use that proxy for them, set HTTPS_PROXY to it.`,
        ]
      : []),
    ...(upper && lower === ''
      ? ['Changed: NO_PROXY counts although no_proxy is empty. To use the proxy for the hosts in NO_PROXY, remove NO_PROXY.']
      : []),
    ...(upper && lower && upper !== lower
      ? ['Changed: NO_PROXY and no_proxy both count, and hosts in either are reached directly. Keep one of the two.']
      : []),
  ];
}

/**
 * A warning when earlier versions, which did not know ranges and loopback, reached this address of a target through a
 * proxy.
 */
export function changedWay(path: string, address: string, proxies: Proxies): string | undefined {
  const url = URL.parse(address);
  if (!url) return undefined;
  const { exception, loopback } = proxies.wayTo(url);
  if (exception?.isRange)
    return `Changed: ${path} is reached directly, because ${exception.text} in NO_PROXY covers its address. To use the proxy for it, take that range out.`;
  if (loopback)
    return `Changed: ${path} is reached directly, because its address is this machine. To use the proxy for it, write the name that it has there.`;
  return undefined;
}
