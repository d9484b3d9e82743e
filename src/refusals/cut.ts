import type { Kind } from './actions.ts';
import { filledIn, isAllHidden } from './hidden.ts';

/** An ellipsis, by which columns, logs and people mark a truncated ARN. */
const ellipsis = /\.{2,}|\u2026|\[\.{2,}\]/;

/** The parts of an ARN. The words in capitals are placeholders. */
const templates: Readonly<Record<Kind, readonly string[]>> = {
  repository: ['arn', 'aws', 'ecr', 'REGION', 'ACCOUNT', 'repository/NAME'],
  role: ['arn', 'aws', 'iam', '', 'ACCOUNT', 'role/NAME'],
  function: ['arn', 'aws', 'lambda', 'REGION', 'ACCOUNT', 'function', 'NAME'],
  registry: ['*'],
};

/** Matches the resource part of a complete ARN. */
const ends: Readonly<Record<Kind, RegExp>> = {
  repository: /^repository\/[^/](?:.*[^/:._-])?$/,
  role: /^role\/.*[^/:]$/,
  function: /^function:[^:]+/,
  registry: /^/,
};

/**
 * An ARN as far as it is known, with placeholders for the rest. `cut`: the truncated text, where the text has only a
 * part of the ARN. `hidden`: the text masks a part of it.
 */
interface Arn {
  readonly arn: string;
  readonly cut?: string;
  readonly hidden?: true;
}

const told = (text: string, arn: string): Arn => (arn === text ? { arn } : { arn, hidden: true });

/** Reads an ARN from a text. kind: what the ARN names; undefined where its format is not known. */
export function arnIn(text: string, kind: Kind | undefined): Arn {
  if (isAllHidden(text)) return told(text, filled('arn:', kind));
  const [start = '', ...more] = text.split(ellipsis);
  const arn = filledIn(text);
  if (more.length === 0 && (!text.startsWith('arn:') || isWhole(arn, kind))) return told(text, arn);
  return { arn: filled(start, kind), cut: start };
}

function isWhole(text: string, kind: Kind | undefined): boolean {
  const last = text.split(':').slice(5).join(':');
  return kind === undefined ? last !== '' : ends[kind].test(last);
}

/** Completes a truncated ARN with placeholders. Only the parts that end with a colon are complete. */
function filled(start: string, kind: Kind | undefined): string {
  const known = start.split(':').slice(0, -1);
  if (kind === undefined) return `${start.replace(/[^:/]*$/, '')}NAME`;
  return [...known, ...templates[kind].slice(known.length)].join(':');
}

/** The ARN of the caller. A truncated one becomes a role of the same account with a placeholder for its name. */
export function callerIn(text: string): Arn {
  const [start = '', ...more] = text.split(ellipsis);
  if (more.length === 0) return told(text, isAllHidden(text) ? 'arn:aws:iam::ACCOUNT:role/NAME' : ofSession(filledIn(text)));
  const [partition = 'aws', account = 'ACCOUNT'] = /^arn:([\w-]+):(?:(?:iam|sts)::(\d{12}):)?/.exec(start)?.slice(1) ?? [];
  return { arn: `arn:${partition}:iam::${account}:role/NAME`, cut: start };
}

/** Turns a session of an unknown account into its role, so that the reader can fill in the account and the path. */
const ofSession = (arn: string): string => arn.replace(/:sts::ACCOUNT:assumed-role\/([^/]+).*$/, ':iam::ACCOUNT:role/$1');
