import { version } from '../version.ts';
import { type Command, commands } from './list.ts';

const options = [
  '  -c, --config FILE-or-DIRECTORY  a configuration; may be given more than once (ECR_COURIER_CONFIG)',
  '      --listen HOST:PORT          where the daemon listens (ECR_COURIER_LISTEN)',
  '      --log-level LEVEL           debug, info, warn or error (ECR_COURIER_LOG_LEVEL)',
  '      --log-format FORMAT         auto, pretty or json (ECR_COURIER_LOG_FORMAT)',
];

export function helpOf(command: Command): string {
  const { usage, doc, bare } = command;
  const details = 'verbs' in command ? verbLines(command.verbs, usage.split(' ')[0]) : (command.more ?? []);
  return [
    `usage: ecr-courier ${usage}${bare ? '' : ' [OPTIONS]'}`,
    '',
    sentence(doc),
    ...(details.length > 0 ? ['', ...details.map(line => `  ${line}`.trimEnd())] : []),
    ...(bare ? [] : ['', ...options]),
    '',
  ].join('\n');
}

function verbLines(verbs: Readonly<Record<string, Command>>, name = ''): string[] {
  const width = Math.max(...Object.keys(verbs).map(verb => verb.length));
  const lines = Object.entries(verbs).map(([verb, { doc }]) => `${verb.padEnd(width)}  ${doc}`);
  return [...lines, '', `ecr-courier ${name} ${Object.keys(verbs).join('|')} --help tells of one of them.`];
}

const sentence = (doc: string): string => `${doc.slice(0, 1).toUpperCase()}${doc.slice(1)}${doc.endsWith('.') ? '' : '.'}`;

/** Behind a longer usage the doc has a line of its own. */
const usageWidth = 32;

export function help(): string {
  const lines = Object.values(commands).flatMap(({ usage, doc }) =>
    usage.length > usageWidth ? [`  ${usage}`, `  ${''.padEnd(usageWidth)}  ${doc}`] : [`  ${usage.padEnd(usageWidth)}  ${doc}`],
  );
  const bare = Object.entries(commands).flatMap(([name, command]) => (command.bare ? [name] : []));
  return [
    `ecr-courier ${version}: keeps container managers logged in to Amazon ECR.`,
    '',
    'usage: ecr-courier [COMMAND] [OPTIONS]',
    '',
    ...lines,
    '',
    `Options of every command but ${bare.join(', ')}:`,
    ...options,
    '',
    'ecr-courier COMMAND --help tells of one command.',
    'Two variables are enough for a Portainer: PORTAINER_URL and PORTAINER_API_KEY_FILE. All others: config/reference.md.',
    'Exit codes: 0 all fine, 1 none or failed, 2 usage, 3 some failed or unconfirmed, 78 configuration.',
    '',
  ].join('\n');
}
