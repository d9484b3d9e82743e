import type { Deps, ProgramEnd } from '../../src/contract/adapter.ts';
import { Failure } from '../../src/contract/failures.ts';
import type { HttpBase } from '../../src/contract/http.ts';
import { Secret } from '../../src/contract/secret.ts';
import { quote } from '../../src/contract/text.ts';
import type { Exec } from './kubeconfig.ts';
import { jsonMapIn, mapOf, textOf } from './objects.ts';

/**
 * The login that a program gave. until: when the program runs again, on the engine's time line. undefined: once the
 * cluster refuses the login.
 */
interface Login {
  readonly token: Secret | undefined;
  readonly certificate: HttpBase['certificate'];
  readonly until: number | undefined;
}

/** How long before its end a login is renewed, and the least time between two renewals. In milliseconds. */
const leewayMs = 30_000;
const leastMs = 10_000;

/**
 * Returns a function that gives the login of a user. It runs the program when there is no login, before the login ends,
 * and when the cluster refuses it.
 */
export function execKeeper({ run, clock }: Pick<Deps, 'run' | 'clock'>) {
  let kept: { readonly of: string; readonly login: Login } | undefined;

  return async (exec: Exec, server: HttpBase, why: 'due' | 'refused', signal: AbortSignal): Promise<Login> => {
    const info = infoFor(exec, server);
    const of = JSON.stringify([exec.command, exec.args, exec.env, info]);
    if (kept?.of === of && why === 'due' && clock.mono() < (kept.login.until ?? Number.POSITIVE_INFINITY)) return kept.login;
    const env = { ...exec.env, KUBERNETES_EXEC_INFO: info };
    const ended = await run({ command: exec.command, args: exec.args, env, signal }).catch((error: unknown) => {
      throw unrun(error, exec, signal);
    });
    kept = { of, login: loginIn(ended, exec, clock) };
    return kept.login;
  };
}

/** What is thrown for a program that did not run, or that was stopped. */
function unrun(error: unknown, exec: Exec, signal: AbortSignal): unknown {
  if (signal.aborted)
    return new Failure('TIMEOUT', `${exec.command}, exec of ${exec.from}, did not end in time, and was stopped.`, {
      remedy: seeMore(exec),
    });
  const isAbsent = error instanceof Failure && exec.installHint !== undefined;
  return isAbsent ? new Failure(error.code, error.message, { remedy: quote(exec.installHint, 600) }) : error;
}

const seeMore = ({ command }: Exec): string => `Run ${command} as the user of the courier, without a terminal, to see more.`;

/** The value of KUBERNETES_EXEC_INFO (ExecCredential of client.authentication.k8s.io). */
function infoFor({ version, cluster }: Exec, server: HttpBase): string {
  const told = cluster && {
    server: server.url,
    ...(server.serverName !== undefined && { 'tls-server-name': server.serverName }),
    ...(server.authorities !== undefined && { 'certificate-authority-data': Buffer.from(server.authorities).toString('base64') }),
    ...(server.proxy && { 'proxy-url': wholeAddress(server.proxy) }),
    ...(cluster.config !== undefined && { config: cluster.config }),
  };
  return JSON.stringify({ kind: 'ExecCredential', apiVersion: version, spec: { ...(told && { cluster: told }), interactive: false } });
}

/** The address of a proxy with its login, as the kubeconfig has it. */
const wholeAddress = ({ address, login }: NonNullable<HttpBase['proxy']>): string =>
  login ? address.replace('//', () => `//${login.reveal()}@`) : address;

function loginIn({ stdout, stderr, badEnd }: ProgramEnd, exec: Exec, clock: Deps['clock']): Login {
  const wrong = (why: string): Failure => new Failure('AUTH', `${exec.command}, exec of ${exec.from}, ${why}.`, { remedy: seeMore(exec) });
  if (badEnd) {
    // The program may repeat on stderr what it wrote to stdout, and messages are filtered for secrets.
    const said = new Secret(stdout.trim());
    throw wrong(`failed (${badEnd})${stderr.trim() && `: ${quote(stderr)}`}${said.reveal() && ' after it had written something'}`);
  }
  const answer = jsonMapIn(stdout);
  if (answer['kind'] !== 'ExecCredential') throw wrong('wrote no ExecCredential');
  if (answer['apiVersion'] !== exec.version) throw wrong(`wrote another version than ${exec.version}`);
  const status = mapOf(answer['status']);
  const [token, chain, key] = ['token', 'clientCertificateData', 'clientKeyData'].map(name => textOf(status[name])) as [
    string,
    string,
    string,
  ];
  if (!chain !== !key) throw wrong('wrote a client certificate without its key, or a key without its certificate');
  if (!token && !chain) throw wrong('wrote neither token nor client certificate');
  const endsAt = Date.parse(textOf(status['expirationTimestamp']));
  const left = endsAt - clock.wall() - leewayMs;
  return {
    token: token ? new Secret(token) : undefined,
    certificate: chain ? { chain, key: new Secret(key) } : undefined,
    until: Number.isNaN(left) ? undefined : clock.mono() + Math.max(left, leastMs),
  };
}
