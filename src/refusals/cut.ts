import type { Kind } from './actions.ts';
import { filledIn, isAllHidden } from './hidden.ts';

/** Where a text ends in the middle of an ARN: columns, logs and people do that. */
const ellipsis = /\.{2,}|\u2026|\[\.{2,}\]/;

/** With words in capitals for what people fill in. */
const templates: Readonly<Record<Kind, readonly string[]>> = {
  repository: ['arn', 'aws', 'ecr', 'REGION', 'ACCOUNT', 'repository/NAME'],
  role: ['arn', 'aws', 'iam', '', 'ACCOUNT', 'role/NAME'],
  function: ['arn', 'aws', 'lambda', 'REGION', 'ACCOUNT', 'function', 'NAME'],
  registry: ['*'],
};

/** The last members of a whole ARN. */
const ends: Readonly<Record<Kind, RegExp>> = {
  repository: /^repository\/[^/](?:.*[^/:._-])?$/,
  role: /^role\/.*[^/:]$/,
  function: /^function:[^:]+/,
  registry: /^/,
};

/**
 * An ARN as far as it is known. `cut`: what there is of it in the text, if that is not all. `hidden`: the text has a
 * mask in it.
 */
export interface Arn {
  readonly arn: string;
  readonly cut?: string;
  readonly hidden?: true;
}

const told = (text: string, arn: string): Arn => (arn === text ? { arn } : { arn, hidden: true });

/** kind: of what the ARN is; undefined for one of which no form is known. */
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

/** What has a colon behind it is whole. */
function filled(start: string, kind: Kind | undefined): string {
  const known = start.split(':').slice(0, -1);
  if (kind === undefined) return `${start.replace(/[^:/]*$/, '')}NAME`;
  return [...known, ...templates[kind].slice(known.length)].join(':');
}

/** Who asked: whatever he is, his account and a role to fill in. */
export function callerIn(text: string): Arn {
  const [start = '', ...more] = text.split(ellipsis);
  if (more.length === 0) return told(text, isAllHidden(text) ? 'arn:aws:iam::ACCOUNT:role/NAME' : ofSession(filledIn(text)));
  const [partition = 'aws', account = 'ACCOUNT'] = /^arn:([\w-]+):(?:(?:iam|sts)::(\d{12}):)?/.exec(start)?.slice(1) ?? [];
  return { arn: `arn:${partition}:iam::${account}:role/NAME`, cut: start };
}

/** Of an account that is not known, the role is named: nobody can tell its path, and whoever fills in may know it. */
const ofSession = (arn: string): string => arn.replace(/:sts::ACCOUNT:assumed-role\/([^/]+).*$/, ':iam::ACCOUNT:role/$1');
