import { ConfigError } from '../../config/config-error.ts';
import { type Config } from '../../config/load.ts';
import { readAddress } from '../../config/receivers.ts';
import { readSecret, resolveOptions } from '../../config/secrets.ts';
import { clock } from '../contract/clock.ts';
import { asFailure } from '../contract/failures.ts';
import { redact, Secret } from '../contract/secret.ts';
import { type Daemon, findDaemon, isSilent } from './daemon.ts';
import { secretsOf } from './environment.ts';
import { configOptions, exit, type Io, readArgs, readConfig } from './io.ts';
import { daemonSections, ownSections, render } from './report.ts';
import { statusIn } from './status.ts';

/**
 * Prints the material of a bug report, for a person to read and attach. Works with a broken configuration and without
 * a running daemon.
 */
export async function bundle(args: string[], io: Io): Promise<number> {
  const { values } = readArgs(args, configOptions);
  io.stderr.write('Looking at configuration and environment, and asking the daemon.\n');
  const config = await readConfig(values, io).catch((error: unknown) => {
    if (error instanceof ConfigError) return error;
    throw error;
  });
  const secrets = [...secretsOf(io.env), ...(await keysOf(config))];
  const daemon = await findDaemon(values, io).then(askedDaemon, (error: ConfigError) => noDaemon(error.message));
  // Sections that equal the daemon's are shown once.
  const here = (await ownSections(io.env, config)).filter(({ text }) => !daemon.includes(text));
  const titled = here.map(({ title, text }) => ({ title: `${title}, as this command sees it`, text }));
  const head = `Bundle of ecr-courier, made at ${new Date(clock.wall()).toISOString()}\n`;
  io.stdout.write(redact([head, render(titled), daemon].join('\n')));
  const searched = secrets.length === 0 ? '' : ' It was searched for every secret that this command can see.';
  io.stderr.write(`Read it before you send it: it names hosts, accounts and roles, and no secret.${searched}\n`);
  return exit.ok;
}

const noDaemon = (text: string): string => render([{ title: 'The daemon', text }]);

/** The bundle of the daemon from its socket, else the public part from its port, else the reason why both fail. */
async function askedDaemon(daemon: Daemon): Promise<string> {
  const { socket } = daemon;
  const said = await daemon.askSocket('GET', '/-/bundle').catch(asFailure);
  if (!(said instanceof Error) && said.status === 200) return `The daemon that answers at ${socket} says:\n\n${said.text.trimEnd()}\n`;
  const why = said instanceof Error ? said.message : `What answers at ${socket} makes no bundle (${said.status}).`;
  if (isSilent(said)) return noDaemon(why);
  const open = await publicPart(daemon).catch((error: unknown) => asFailure(error).message);
  return noDaemon(`${why}\n${open}`);
}

async function publicPart({ door, askDoor }: Daemon): Promise<string> {
  const { text } = await askDoor('/api/status');
  const status = statusIn(text);
  if (!status) return `Something else than ecr-courier answers at ${door}.`;
  const metrics = await askDoor('/metrics');
  const ask = 'Its log and configuration are for its own user: run this command as that user, where the daemon runs.';
  return [`A daemon answers at ${door}. ${ask}\n`, render(daemonSections(status, metrics.text))].join('\n');
}

/** The keys in options and files, registered as secrets so that `redact` finds them. */
async function keysOf(config: Config | ConfigError): Promise<Secret[]> {
  if (config instanceof ConfigError) return [];
  const resolved = await Promise.all(config.targets.map(target => resolveOptions(target).catch(() => undefined)));
  const keys = resolved.flatMap(one => Object.values(one?.options ?? {})).filter(value => value instanceof Secret);
  const { adminToken } = config.server;
  const admin = adminToken && (await readSecret(adminToken, 'the admin token').catch(() => undefined));
  return [...keys, ...(admin ? [admin] : []), ...(await addressesOf(config))];
}

/** The secret parts of the addresses of receivers and of the heartbeat. */
async function addressesOf({ notify, heartbeat }: Config): Promise<Secret[]> {
  const all = [
    ...notify.map(({ url, name, format }) => readAddress(url, name, format)),
    ...(heartbeat ? [readAddress(heartbeat.url, '')] : []),
  ];
  const read = await Promise.allSettled(all);
  return read.flatMap(one => (one.status === 'fulfilled' ? one.value.parts : []));
}
