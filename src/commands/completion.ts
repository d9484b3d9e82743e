import { options as usual } from './help.ts';
import { exit, type Io, readArgs, UsageError } from './io.ts';
import { type Command, commands, type Line } from './list.ts';

/** Words of a command line with its verb, and what may follow. */
interface Place {
  readonly words: readonly string[];
  readonly options: readonly string[];
}

const shells: Readonly<Record<string, () => string>> = { bash, zsh, fish };

export async function completion(args: string[], io: Io): Promise<number> {
  const { positionals } = readArgs(args, {}, { allowPositionals: true });
  const script = shells[positionals[0] ?? ''];
  if (!script || positionals.length > 1) throw new UsageError(`one of ${Object.keys(shells).join(', ')} is needed`);
  io.stdout.write(script());
  return exit.ok;
}

/** Every option that a usage or a line of the help begins with. */
function optionsOf({ usage, more = [], bare }: Command): string[] {
  const texts = [usage, ...[...more, ...(bare ? [] : usual)].map(termOf), '--help'];
  return [...new Set(texts.flatMap(text => text.match(/--[a-z][\w-]*/g) ?? []))];
}
const termOf = (line: Line): string => (typeof line === 'string' ? '' : line[0]);

const places = (): Place[] =>
  Object.entries(commands).flatMap(([name, command]) => [
    { words: [name], options: optionsOf(command) },
    ...('verbs' in command ? Object.entries(command.verbs).map(([verb, leaf]) => ({ words: [name, verb], options: optionsOf(leaf) })) : []),
  ]);

/** What may follow a command: its verbs, or the shells. */
const verbs: readonly (readonly [name: string, verbs: string])[] = [
  ...Object.entries(commands).flatMap(([name, command]) =>
    'verbs' in command ? [[name, Object.keys(command.verbs).join(' ')] as const] : [],
  ),
  ['completion', Object.keys(shells).join(' ')],
];

/** Those that may stand before the command: each has a value. */
const withValue = usual.flatMap(line => termOf(line).match(/--[a-z-]+/g) ?? []);

function bash(): string {
  const lineOf = (word: string, words: string): string => `      '${word}') words='${words}' ;;`;
  const optionsAfter = (count: number): string =>
    places()
      .filter(({ words }) => words.length === count)
      .map(({ words, options }) => lineOf(words.join(' '), options.join(' ')))
      .join('\n');
  return `# In ~/.bashrc: source <(ecr-courier completion bash)
_ecr_courier() {
  local word=\${COMP_WORDS[COMP_CWORD]} first second words= at=1
  COMPREPLY=()
  while [ "$at" -lt "$COMP_CWORD" ]; do
    case \${COMP_WORDS[at]} in
      -c|${withValue.join('|')}) at=$((at + 2)) ;;
      -*) at=$((at + 1)) ;;
      *) break ;;
    esac
  done
  [ "$at" -le "$COMP_CWORD" ] || return 0
  first=\${COMP_WORDS[at]} second=\${COMP_WORDS[at + 1]}
  if [ "$COMP_CWORD" = "$at" ]; then
    words='${Object.keys(commands).join(' ')}'
    [[ $word != -* ]] || words='${withValue.join(' ')} --help'
  elif [[ $word = -* ]]; then
    case "$first $second" in
${optionsAfter(2)}
    esac
    [ -n "$words" ] || case $first in
${optionsAfter(1)}
    esac
  elif [ "$COMP_CWORD" = "$((at + 1))" ]; then
    case $first in
${verbs.map(([name, list]) => lineOf(name, list)).join('\n')}
    esac
  fi
  [ -z "$words" ] || COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _ecr_courier ecr-courier
`;
}

/** zsh runs what is written for bash. */
function zsh(): string {
  const [, ...lines] = bash().split('\n');
  return ['# In ~/.zshrc: source <(ecr-courier completion zsh)', 'autoload -U +X bashcompinit && bashcompinit', ...lines].join('\n');
}

function fish(): string {
  const says = ({ doc }: Command): string => `'${doc.replaceAll(/['\\]/g, '\\$&')}'`;
  const seen = (words: readonly string[]): string => words.map(word => `__fish_seen_subcommand_from ${word}`).join('; and ');
  const lines = [
    ...Object.entries(commands).map(([name, command]) => `-n __fish_use_subcommand -f -a ${name} -d ${says(command)}`),
    ...verbs.map(([name, list]) => `-n '${seen([name])}; and not __fish_seen_subcommand_from ${list}' -f -a '${list}'`),
    ...places().flatMap(({ words, options: list }) => list.map(option => `-n '${seen(words)}' -l ${option.slice(2)}`)),
  ];
  return [
    '# In ~/.config/fish/config.fish: ecr-courier completion fish | source',
    ...lines.map(line => `complete -c ecr-courier ${line}`),
    '',
  ].join('\n');
}
