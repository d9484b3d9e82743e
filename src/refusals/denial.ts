import { actions } from './actions.ts';
import { arnIn, callerIn } from './cut.ts';
import { type Holder, holderOf } from './principal.ts';
import { rights } from './statements.ts';

/**
 * The kind of policy that decided. `resource`: the policy of the repository or the registry, or the trust policy of a
 * role.
 */
export type Gate = 'identity' | 'resource' | 'boundary' | 'scp' | 'rcp' | 'session' | 'endpoint';

/**
 * IAM's refusal. `gate` is missing where IAM does not name it. `policy`: the ARN of the denying policy, if IAM names
 * it. Words in capitals are placeholders for the parts of an ARN that the text cuts off.
 */
export interface Denial {
  readonly principal?: string;
  readonly holder: Holder;
  /** The account of the principal. */
  readonly account?: string;
  /** Such as `ecr:BatchGetImage`. */
  readonly action: string;
  readonly resource?: string;
  /** The account of the resource, where its ARN names one. */
  readonly resourceAccount?: string;
  readonly gate?: Gate;
  /** Whether a Deny matched. Otherwise an Allow is missing, or IAM does not say which. */
  readonly explicit: boolean;
  readonly policy?: string;
  /** The ARNs that the text cuts off, as far as it has them. */
  readonly cut?: { readonly principal?: string; readonly resource?: string };
  /** The registry refused a client that pulls or pushes. Missing for a refusal by an API of AWS. */
  readonly byRegistry?: true;
  /** The text masks a part of the ARNs. */
  readonly hidden?: true;
  /** The external id that was sent when assuming the role: null where none was sent, missing where it is not known. */
  readonly externalId?: string | null;
  /** The resource ends a line without a reason after it, so it may continue on the next line. */
  readonly isLast?: true;
}

/**
 * The phrases by which IAM's messages name the policy (IAM user guide, "Troubleshoot access denied error messages").
 * Many products truncate long messages, so a partial phrase matches as well.
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
 * Matches IAM's sentence: `User: ARN is not authorized to perform: ACTION on resource: ARN because REASON`. STS omits
 * the colon after `perform`. ARNs may contain line breaks.
 */
const sentence =
  /(?:\bUser:\s*(?<principal>[^"'{}]{1,600}?)\s*is\s*)?not\s*authorized\s*to\s*perform\s*:?\s*(?<action>[a-z][a-z0-9-]{1,40}\s*:\s*[A-Za-z]{2,80})/gi;
/** What precedes the sentence in a registry's response: `denied: `, `"code":"DENIED","message":"`. */
const ofRegistry = /\bdenied\b\W{1,8}(?:message\W{1,8})?$/i;
/** How much of the text after the action is examined. In characters. */
const longestRest = 1500;
const mostSentences = 100;
const ends = /["{}]|<\/|\bUser:\s|\b(status\s*code|Request\s*ID|requestid)\b/i;
const quotedResource = /^(\s*on\s*resource:?\s*)["']([^"']*)["']/i;
const reasons = /\s*,?\s*(because\s*(no|the|an?|of)|with\s*an?\s*explicit)/i;

const known: readonly string[] = [...Object.values(rights).flatMap(({ actions }) => actions), 'sts:AssumeRoleWithWebIdentity'];

/**
 * Returns the reading that line breaks have damaged least: a broken word loses a field, or makes the action an unknown
 * one.
 */
export function leastBroken(denials: readonly (Denial | undefined)[]): Denial | undefined {
  const worth = ({ cut = {}, action, ...members }: Denial): number =>
    100 * (Object.keys(members).length - Object.keys(cut).length) + (known.includes(action) ? action.length : 0);
  return denials.filter(denial => denial !== undefined).toSorted((a, b) => worth(b) - worth(a))[0];
}

/** Parses the last of IAM's sentences in a text, as a log ends with the newest; undefined where there is none. */
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

/**
 * Completes an action that a column or a log viewer truncated. undefined: no action, or more than one, begins with this
 * text.
 */
function wholeAction(action: string, rest: string): string | undefined {
  // A line break may have removed the space before the next word.
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

/**
 * Splits a text at a mark: the text before it, the mark, and the text from the mark on. Only the text where it has no
 * mark.
 */
function cutAt(text: string, mark: RegExp): readonly string[] {
  const at = mark.exec(text);
  return at ? [text.slice(0, at.index), at[0], text.slice(at.index)] : [text];
}

/**
 * Reads the resource. If a reason follows, the resource extends up to it, across line breaks; otherwise it ends at the
 * first blank.
 */
function resourceIn(text: string, isEnded: boolean): string | undefined {
  const named = /^\s*\bon\s*resource:?\s*(?<resource>[^]+)/i.exec(text)?.groups?.['resource'];
  if (named === undefined) return undefined;
  const whole = isEnded ? unbroken(named) : (named.trim().split(/\s/)[0] ?? '');
  // Keep an ellipsis, as it marks a truncated name.
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
