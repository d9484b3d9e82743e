import { clock } from '../contract/clock.ts';
import { asFailure, Failure } from '../contract/failures.ts';
import { redact } from '../contract/secret.ts';
import { oneLine, quote } from '../contract/text.ts';
import { notifyConfig } from '../notify/configured.ts';
import { forms } from '../notify/formats/forms.ts';
import { testMessage } from '../notify/message.ts';
import type { ReceiverConfigured } from '../notify/receiver.ts';
import { send } from '../notify/send.ts';
import { configOptions, exit, type Io, noSuch, readArgs, readConfig } from './io.ts';
import { painter } from './paint.ts';
import { colors } from './terminal.ts';

interface Result {
  readonly name: string;
  readonly format: string;
  readonly host: string;
  /** The response of the receiver; undefined if it did not accept the message. */
  readonly answer: string | undefined;
  readonly failure: Failure | undefined;
}

/** Notes on empty variables. Compose sets a variable to the empty string if its own value is unset. */
const emptyIn = (env: NodeJS.ProcessEnv): string[] =>
  Object.entries(env).flatMap(([name, value]) => (/^ECR_COURIER_NOTIFY_\w+$/.test(name) && value === '' ? [`${name} is empty.`] : []));

/** `notify test`: sends one message to each receiver and prints the response. Exits with 3 if only some accept it. */
export async function notifyTest(args: string[], io: Io): Promise<number> {
  const { values, positionals } = readArgs(args, { ...configOptions, json: { type: 'boolean' } }, { allowPositionals: true });
  const { json, ...flags } = values;
  const named: readonly string[] = positionals;
  const config = await readConfig(flags, io);
  for (const warning of config.warnings)
    if (/^(notify\.|ECR_COURIER_NOTIFY_)/.test(warning)) io.stderr.write(redact(`warning: ${warning}\n`));
  const { receivers, publicUrl } = notifyConfig(config);
  if (receivers.length === 0)
    throw new Failure('MISCONFIGURED', ['No receiver is configured.', ...emptyIn(io.env)].join(' '), {
      remedy: 'docs/notify.md says how: ECR_COURIER_NOTIFY_SLACK_URL for example, or `notify:` in a file.',
    });
  const unknown = named.find(name => !receivers.some(receiver => receiver.name === name));
  if (unknown !== undefined)
    throw noSuch(
      'receiver',
      unknown,
      receivers.map(({ name }) => name),
    );
  const chosen = receivers.filter(({ name }) => named.length === 0 || named.includes(name));
  const results = await Promise.all(chosen.map(receiver => tryOne(receiver, publicUrl, io)));
  io.stdout.write(json ? `${JSON.stringify(results.map(plain), null, 2)}\n` : textOf(results, colors(io.stdout, io.env)));
  const failed = results.filter(({ failure }) => failure).length;
  return failed === 0 ? exit.ok : failed === results.length ? exit.failed : exit.partly;
}

async function tryOne(receiver: ReceiverConfigured, publicUrl: string | undefined, { env, signal }: Io): Promise<Result> {
  const { name, format, caFile, caFileNamed } = receiver;
  let { host = '' } = receiver;
  try {
    const address = await receiver.open();
    host = address.host;
    const message = testMessage(name, { publicUrl, at: new Date(clock.wall()) });
    const { status, text } = await send(forms[format](message, address.reveal()), { clock, env, caFile, caFileNamed }, signal);
    return { name, format, host, answer: `${status} ${short(text)}`.trim(), failure: undefined };
  } catch (error) {
    return { name, format, host, answer: undefined, failure: asFailure(error) };
  }
}

/** The quoted response if it is short. A longer one repeats the message, and perhaps the address. */
const short = (text: string): string => (text.length <= 40 ? quote(text) : '');

function plain({ name, format, host, answer, failure }: Result): object {
  const wrong = failure && { code: failure.code, message: failure.message, remedy: failure.remedy };
  return { name, format, host: host || null, taken: failure === undefined, answer: answer ?? null, failure: wrong ?? null };
}

function textOf(results: readonly Result[], color: boolean): string {
  const paint = painter({ color });
  const lines = results.flatMap(({ name, format, host, answer, failure }) => {
    const about = [name === format ? '' : format, host].filter(Boolean).join(', ');
    const who = `${paint('bold', name)}${about && ` (${about})`}`;
    if (!failure) return [`${who}: ${paint('green', 'taken')}, answered ${answer}`];
    return [`${who}: ${paint('red', failure.code)} ${oneLine(failure.message)}`, `  -> ${oneLine(failure.remedy)}`];
  });
  return `${lines.join('\n')}\n`;
}
