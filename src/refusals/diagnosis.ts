import type { Statement } from './statements.ts';

/** Something to copy: a policy statement or a command. `what` says where it goes. */
export interface Paste {
  readonly what: string;
  readonly kind: 'policy' | 'command';
  readonly text: string;
}

export const policyPaste = (what: string, statement: Statement): Paste => ({
  what,
  kind: 'policy',
  text: JSON.stringify(statement, undefined, 2),
});

/**
 * What a refusal means. `sentence`: what is wrong. `side`: what is responsible, such as "the identity policy of role ci
 * in account 123456789012". `remedy`: what to do. `id`: the id of the situation, which never changes. Plain data: it is
 * also the JSON form.
 */
export interface Diagnosis {
  readonly id: string;
  readonly sentence: string;
  readonly side: string;
  readonly remedy: string;
  readonly paste?: readonly Paste[];
}

/** The diagnosis as text for a terminal, without a trailing line break. */
export function render({ sentence, side, remedy, paste = [] }: Diagnosis): string {
  const blocks = paste.map(({ what, text }) => `${what}:\n\n${indented(text)}`);
  return [[sentence, `Whose side: ${side}.`, `What to do: ${remedy}`].join('\n'), ...blocks].join('\n\n');
}

export const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');
