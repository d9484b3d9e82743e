import { actions } from './actions.ts';
import { arnIn, callerIn } from './cut.ts';
import { type Holder, holderOf } from './principal.ts';
import { rights } from './statements.ts';

/** Where the policy lies that decided. `resource`: of the repository or the registry, or the trust policy of a role. */
export type Gate = 'identity' | 'resource' | 'boundary' | 'scp' | 'rcp' | 'session' | 'endpoint';

/**
 * IAM's refusal. `gate` is missing where IAM does not say it. `policy`: the ARN of the denying policy, if it is told.
 * Words in capitals stand in ARNs that the text cuts off.
 */
export interface Denial {
  readonly principal?: string;
  readonly holder: Holder;
  /** Of the principal. */
  readonly account?: string;
  /** Such as `ecr:BatchGetImage`. */
  readonly action: string;
  readonly resource?: string;
  /** Of the resource, where its ARN names one. */
  readonly resourceAccount?: string;
  readonly gate?: Gate;
  /** A Deny matched; otherwise an Allow is missing, or IAM does not tell. */
  readonly explicit: boolean;
  readonly policy?: string;
  /** As far as the text has them, where it does not have all of them. */
  readonly cut?: { readonly principal?: string; readonly resource?: string };
  /** The registry said it, to a client that pulls or pushes, and not the API of AWS. */
  readonly byRegistry?: true;
  /** The text hides a part of these names. */
  readonly hidden?: true;
  /** What was sent with it for a role; null where none was sent, missing where nobody can say. */
  readonly externalId?: string | null;
  /** The resource ends a line, no reason stands behind it, and the next line may be the rest of it. */
  readonly isLast?: true;
}

/**
 * The names of IAM's message tails (IAM user guide, "Troubleshoot access denied error messages"). Many products cut
 * long messages, so a name need not be whole.
 */
const gates: readonly (readonly [Gate, RegExp])[] = [
  ['identity', /identity-?\s*based|no\s*ident/i],
  ['resource', /resource-?\s*based|trust\s*polic/i],
  ['boundary', /permissions?[\s-]*bound/i],
  ['scp', /service[\s-]*control/i],
  ['rcp', /resource[\s-]*control/i],
  ['session', /session[\s-]*polic/i],
  ['endpoint', /VPC[\s-]*endpoint/i],
];

/**
 * IAM's own sentence: `User: ARN is not authorized to perform: ACTION on resource: ARN because REASON`. STS leaves the
 * colon behind `perform` out; ARNs may be broken by a line's end.
 */
const sentence =
  /(?:\bUser:\s*(?<principal>[^"'{}]{1,600}?)\s*is\s*)?not\s*authorized\s*to\s*perform\s*:?\s*(?<action>[a-z][a-z0-9-]{1,40}\s*:\s*[A-Za-z]{2,80})/gi;
/** What stands before the sentence in answers of a registry: `denied: `, `"code":"DENIED","message":"`. */
const ofRegistry = /\bdenied\b\W{1,8}(?:message\W{1,8})?$/i;
/** Of what follows so much is looked at. In characters. */
const longestRest = 1500;
const mostSentences = 100;
const ends = /["{}]|<\/|\bUser:\s|\b(status\s*code|Request\s*ID|requestid)\b/i;
const quotedResource = /^(\s*on\s*resource:?\s*)["']([^"']*)["']/i;
const reasons = /\s*,?\s*(because\s*(no|the|an?|of)|with\s*an?\s*explicit)/i;

const known: readonly string[] = [...Object.values(rights).flatMap(({ actions }) => actions), 'sts:AssumeRoleWithWebIdentity'];

/**
 * Of several readings of one text the one that was broken least: a broken word costs a member, or makes the action one
 * that is not known.
 */
export function leastBroken(denials: readonly (Denial | undefined)[]): Denial | undefined {
  const worth = ({ cut = {}, action, ...members }: Denial): number =>
    100 * (Object.keys(members).length - Object.keys(cut).length) + (known.includes(action) ? action.length : 0);
  return denials.filter(denial => denial !== undefined).toSorted((a, b) => worth(b) - worth(a))[0];
}

/** The last of IAM's sentences in a text, as that is the newest of a log; undefined where there is none. */
export function readDenial(text: string): Denial | undefined {
  const match = text.matchAll(sentence).take(mostSentences).toArray().at(-1);
  const found = match?.groups;
  if (match === undefined || found?.['action'] === undefined) return undefined;
  const end = match.index + match[0].length;
  const action = wholeAction(unbroken(found['action']), text.slice(end));
  if (action === undefined) return undefined;
  const principal = found['principal'] === undefined ? undefined : callerIn(unbroken(found['principal']));
  const holder = holderOf(principal?.cut === undefined ? principal?.arn : `${principal.cut}...`);
  const rest =
    text
      .slice(end, end + longestRest)
      .replace(quotedResource, '$1$2')
      .split(ends)[0] ?? '';
  const [before = '', , reason] = cutAt(rest, reasons);
  const named = resourceIn(before, reason !== undefined);
  const resource = named === undefined ? undefined : arnIn(named, actions.get(action));
  const cut = { ...cutOff('principal', principal?.cut), ...cutOff('resource', resource?.cut) };
  return {
    ...(principal !== undefined && { principal: principal.arn }),
    holder,
    ...(holder.account !== undefined && holder.account !== 'ACCOUNT' && { account: holder.account }),
    action,
    ...(resource !== undefined && resourceFacts(resource.arn)),
    ...reasonIn(reason ?? ''),
    ...(Object.keys(cut).length > 0 && { cut }),
    ...(ofRegistry.test(text.slice(0, match.index)) && { byRegistry: true as const }),
    ...((principal?.hidden || resource?.hidden) && { hidden: true as const }),
  };
}

const cutOff = (name: keyof NonNullable<Denial['cut']>, text: string | undefined): Denial['cut'] =>
  text === undefined ? {} : { [name]: text };

/** Columns and views of logs cut texts. undefined: there are several actions that begin so, or none. */
function wholeAction(action: string, rest: string): string | undefined {
  // Where a line's end took the blank.
  const alone = action.replace(/(?:on|because|with)(?:resource)?$/, '');
  const whole = [action, alone].find(name => actions.has(name));
  if (whole !== undefined) return whole;
  const isCut = /^\s*(?:\.{2,}|\u2026)/.test(rest);
  const service = action.slice(0, action.indexOf(':') + 1);
  const isOurs = actions.keys().some(name => name.startsWith(service));
  if (!isCut && (!isOurs || /^\s*(?:on\s*resource|because|with\s*an?\b)/i.test(rest))) return action;
  const [only, ...more] = actions.keys().filter(name => name.startsWith(action));
  return more.length === 0 ? only : undefined;
}

const unbroken = (text: string): string => text.replaceAll(/\s+/g, '');

/** Before the mark, the mark, and from the mark on; only the text itself where there is no mark. */
function cutAt(text: string, mark: RegExp): readonly string[] {
  const at = mark.exec(text);
  return at ? [text.slice(0, at.index), at[0], text.slice(at.index)] : [text];
}

/** With a reason behind it, the resource ends there, wherever lines were broken; otherwise it ends at a blank. */
function resourceIn(text: string, isEnded: boolean): string | undefined {
  const named = /^\s*\bon\s*resource:?\s*(?<resource>[^]+)/i.exec(text)?.groups?.['resource'];
  if (named === undefined) return undefined;
  const whole = isEnded ? unbroken(named) : (named.trim().split(/\s/)[0] ?? '');
  // An ellipsis stays, as it tells that this is not all.
  return whole.replace(/(?<!\.\.)(?:[,;:)\]'`]|\.(?!\.))+$/, '') || undefined;
}

export function resourceFacts(resource: string): Pick<Denial, 'resource' | 'resourceAccount'> {
  const account = /^arn:[\w-]+:[\w-]+:[\w*<>-]*:(?!ACCOUNT:)(?<account>[^:/]{1,40}):/.exec(resource)?.groups?.['account'];
  return account === undefined ? { resource } : { resource, resourceAccount: account };
}

function reasonIn(reason: string): Pick<Denial, 'gate' | 'explicit' | 'policy'> {
  const explicit = /explicit\s*deny|explicitly\s*den/i.test(reason);
  const gate = gates.find(([, pattern]) => pattern.test(reason))?.[0];
  const policy = /\barn:[\w-]+:(?:iam|organizations|ec2)::[\w:/+=,.@-]+/.exec(reason)?.[0].replace(/[.,:]+$/, '');
  return { ...(gate && { gate }), explicit, ...(explicit && policy !== undefined && { policy }) };
}
