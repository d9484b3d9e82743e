/**
 * The refused caller, parsed from an ARN. `words` names the owner of the policies for readers. `account` is missing for
 * an anonymous caller. `kind` permission-set: a role that IAM Identity Center made, and that only it can change.
 */
export interface Holder {
  readonly kind: 'role' | 'permission-set' | 'service-role' | 'user' | 'root' | 'federated' | 'anonymous' | 'service' | 'unknown';
  readonly name: string;
  readonly account?: string;
  readonly words: string;
}

type Kind = Holder['kind'];

const kindWords: Readonly<Record<Kind, (name: string) => string>> = {
  role: name => `role ${name}`,
  'permission-set': name => `permission set ${name} of IAM Identity Center`,
  'service-role': name => `service-linked role ${name}`,
  user: name => `user ${name}`,
  root: () => 'the root user',
  federated: name => `federated user ${name}`,
  anonymous: () => 'an anonymous caller',
  service: name => `the AWS service ${name}`,
  unknown: name => (name.startsWith('arn:') ? `the identity ${name}` : name || 'the AWS identity that asked'),
};

const holder = (kind: Kind, name: string, account?: string): Holder => {
  const who = kindWords[kind](name);
  return account === undefined ? { kind, name, words: who } : { kind, name, account, words: `${who} in account ${account}` };
};

/** A holder known only by a description. */
export const holderInWords = (words: string): Holder => ({ kind: 'unknown', name: words, words });

/**
 * Parses the holder from an ARN. The ARN of a session does not contain the path of its role, so no role ARN is derived
 * from it (IAM user guide, identifiers).
 */
export function holderOf(principal: string | undefined): Holder {
  if (principal === undefined) return holder('unknown', '');
  const arn = /^arn:[\w-]+:(?:iam|sts)::(?<account>[^:/]{1,40}):(?<type>[\w-]+)(?:\/(?<rest>.+))?$/.exec(principal)?.groups;
  if (arn === undefined) return unnamed(principal);
  const { account, type, rest = '' } = arn;
  if (type === 'root') return holder('root', 'root', account);
  if (type === 'user') return holder('user', lastPart(rest), account);
  if (type === 'federated-user') return holder('federated', rest, account);
  if (type === 'assumed-role') return ofRole(rest.split('/')[0] ?? '', account);
  if (type === 'role') return ofRole(lastPart(rest), account);
  return holder('unknown', principal);
}

const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/**
 * Recognizes `AWSReservedSSO_NAME_HEX` (IAM Identity Center user guide) and `AWSServiceRoleForNAME` (IAM user guide) by
 * the name of the role.
 */
function ofRole(name: string, account: string | undefined): Holder {
  const set = /^AWSReservedSSO_(?<set>.+)_[0-9a-f]{16}$/.exec(name)?.groups?.['set'];
  if (set !== undefined) return holder('permission-set', set, account);
  return holder(name.startsWith('AWSServiceRoleFor') ? 'service-role' : 'role', name, account);
}

function unnamed(principal: string): Holder {
  if (/^(anonymous|\*|aws:anonymous)$/i.test(principal)) return holder('anonymous', '');
  if (/^[\w.-]+\.amazonaws\.com(\.cn)?$/.test(principal)) return holder('service', principal);
  return holder('unknown', principal);
}
