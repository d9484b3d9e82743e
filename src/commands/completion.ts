import { before, followers, type Option, type Place, places, shells } from './completion-places.ts';
import { exit, type Io, readArgs, UsageError } from './io.ts';
import { type Command, commands } from './list.ts';

const scripts: Readonly<Record<(typeof shells)[number], () => string>> = { bash, zsh, fish };

export async function completion(args: string[], io: Io): Promise<number> {
  const { positionals } = readArgs(args, {}, { allowPositionals: true });
  const shell = shells.find(name => name === positionals[0]);
  if (!shell || positionals.length > 1) throw new UsageError(`one of ${shells.join(', ')} is needed`);
  io.stdout.write(scripts[shell]());
  return exit.ok;
}

const namesOf = (options: readonly Option[]): string => options.map(({ name }) => name).join(' ');
const valued = (options: readonly Option[]): readonly (Option & { readonly values: readonly string[] })[] =>
  options.flatMap(option => (option.values ? [{ ...option, values: option.values }] : []));

function bash(): string {
  const lineOf = (word: string, words: string): string => `      '${word}') words='${words}' ;;`;
  const ofLength = (count: number, linesOf: (place: Place) => readonly string[]): string =>
    places()
      .filter(({ words }) => words.length === count)
      .flatMap(linesOf)
      .join('\n');
  const optionsAfter = (count: number): string => ofLength(count, ({ words, options }) => [lineOf(words.join(' '), namesOf(options))]);
  // Without values the shell falls back to its default, files.
  const valuesAfter = (count: number): string =>
    ofLength(count, ({ words, options }) =>
      valued(options).map(({ name, values }) => `      '${words.join(' ')} ${name}') words='${values.join(' ')}' isValue=1 ;;`),
    );
  const valuesBefore = valued(before).map(({ name, values }) => `      ${name}) words='${values.join(' ')}' isValue=1 ;;`);
  return `# In ~/.bashrc: source <(ecr-courier completion bash)
_ecr_courier() {
  local word=\${COMP_WORDS[COMP_CWORD]} last=\${COMP_WORDS[COMP_CWORD - 1]} first second words= isValue= at=1
  COMPREPLY=()
  [ "$last" != -c ] || last=--config
  while [ "$at" -lt "$COMP_CWORD" ]; do
    case \${COMP_WORDS[at]} in
      -c|${before.map(({ name }) => name).join('|')}) at=$((at + 2)) ;;
      -*) at=$((at + 1)) ;;
      *) break ;;
    esac
  done
  first=\${COMP_WORDS[at]-} second=\${COMP_WORDS[at + 1]-}
  if [ "$at" -gt "$COMP_CWORD" ]; then
    case $last in
${valuesBefore.join('\n')}
    esac
  else
    case "$first $second $last" in
${valuesAfter(2)}
    esac
    [ -n "$isValue" ] || case "$first $last" in
${valuesAfter(1)}
    esac
  fi
  if [ -n "$isValue" ]; then
    :
  elif [ "$COMP_CWORD" = "$at" ]; then
    words='${Object.keys(commands).join(' ')}'
    [[ $word != -* ]] || words='${namesOf(before)} --help'
  elif [[ $word = -* ]]; then
    case "$first $second" in
${optionsAfter(2)}
    esac
    [ -n "$words" ] || case $first in
${optionsAfter(1)}
    esac
  elif [ "$COMP_CWORD" = "$((at + 1))" ]; then
    case $first in
${followers.map(([name, words]) => lineOf(name, words.join(' '))).join('\n')}
    esac
  fi
  [ -z "$words" ] || COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _ecr_courier ecr-courier
`;
}

/** The script for zsh, which runs the one for bash. */
function zsh(): string {
  const [, ...lines] = bash().split('\n');
  return ['# In ~/.zshrc: source <(ecr-courier completion zsh)', 'autoload -U +X bashcompinit && bashcompinit', ...lines].join('\n');
}

function fish(): string {
  const says = ({ doc }: Command): string => `'${doc.replaceAll(/['\\]/g, '\\$&')}'`;
  const after = (words: readonly string[]): string => `-n '__ecr_courier_after ${words.join(' ')}'`;
  const just = (words: readonly string[]): string => `-n '__ecr_courier_just ${words.join(' ')}'`;
  const optionOf = ({ name, short, values }: Option): string => {
    const value = values && (values.length > 0 ? ` -x -a '${values.join(' ')}'` : ' -r');
    return `${short ? `-s ${short} ` : ''}-l ${name.slice(2)}${value ?? ''}`;
  };
  const lines = [
    ...before.map(option => `${just([])} ${optionOf(option)}`),
    ...Object.entries(commands).map(([name, command]) => `${just([])} -f -a ${name} -d ${says(command)}`),
    ...followers.map(([name, words]) => `${just([name])} -f -a '${words.join(' ')}'`),
    ...places().flatMap(({ words, options }) => options.map(option => `${after(words)} ${optionOf(option)}`)),
  ];
  return [
    '# In ~/.config/fish/config.fish: ecr-courier completion fish | source',
    ...fishFunctions,
    ...lines.map(line => `complete -c ecr-courier ${line}`),
    '',
  ].join('\n');
}

/**
 * Helpers for fish: the words before the cursor without options, whether they start with given words, and whether they
 * equal them.
 */
const fishFunctions = [
  `function __ecr_courier_words
  set -l isValue 0
  for word in (commandline -opc)[2..-1]
    if test $isValue = 1
      set isValue 0
      continue
    end
    switch $word
      case -c ${before.map(({ name }) => name).join(' ')}
        set isValue 1
      case '-*'
      case '*'
        echo $word
    end
  end
end`,
  `function __ecr_courier_after
  set -l words (__ecr_courier_words)
  string match -q -- "$argv *" "$words "
end`,
  `function __ecr_courier_just
  set -l words (__ecr_courier_words)
  test "$words" = "$argv"
end`,
];
