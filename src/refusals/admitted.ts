export type Principal = '*' | { readonly AWS: string | readonly string[] } | { readonly Federated: string } | { readonly Service: string };

export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

interface Admission {
  readonly Principal: Principal;
  readonly Condition?: Condition;
}

const unique = <T>(list: readonly T[]): readonly T[] => [...new Set(list)];

/** Each once; a list of one is written as the one. */
export function one<T>(given: readonly T[]): T | readonly T[] {
  const list = unique(given);
  const [first] = list;
  return list.length === 1 && first !== undefined ? first : list;
}

/**
 * Who is let in. principals: numbers of accounts, or ARNs of roles, users, accounts and sessions. A session does not
 * tell the path of its role, and AWS refuses a policy that names a role which is not there. So a role that is known by
 * a session alone is named by a condition, which holds for any path: a name is there once in an account.
 */
export function admitted(principals: readonly string[]): Admission {
  const roles = principals.map(principal => sessionOf(principal));
  if (roles.every(role => role === undefined)) return { Principal: { AWS: one(principals.map(named)) } };
  const patterns = principals.flatMap((principal, at) => {
    const role = roles[at];
    // Everybody of an account, since it is nobody's own ARN.
    if (!role) return [named(principal).replace(/:root$/, ':*')];
    const start = `arn:${role.partition}:iam::${role.account}:role/`;
    return [`${start}${role.name}`, `${start}*/${role.name}`];
  });
  const accounts = principals.map(principal => accountRoot(principal));
  return { Principal: { AWS: one(accounts) }, Condition: { ArnLike: { 'aws:PrincipalArn': one(patterns) } } };
}

/** Roles of AWS itself: they lie below a path, which a session does not tell. */
const ofAws = /^AWS(ReservedSSO_|ServiceRoleFor)/;

/**
 * Whom the policy of a function lets in. Lambda takes a role, a user or the number of an account, and no condition on
 * the principal (Lambda API reference, AddPermission). A session ends, so its role is named.
 */
export function invoker(principal: string): string {
  if (/^arn:[^:]+:iam::\d+:(role|user)\//.test(principal)) return principal;
  const { partition, account, name } = sessionOf(principal) ?? {};
  if (name !== undefined && !ofAws.test(name)) return `arn:${partition}:iam::${account}:role/${name}`;
  return accountOf(principal) ?? 'ACCOUNT';
}

/** A sentence for a role that is known by a session alone. */
export const withoutPath = (principals: readonly string[]): readonly string[] =>
  principals.some(principal => sessionOf(principal) && invoker(principal).startsWith('arn:'))
    ? ['A session does not tell the path of its role: add it to the name of the role, where there is one.']
    : [];

/** Who a principal is of. Missing for a service. */
export const accountOf = (principal: string): string | undefined => /^(?:arn:[^:]+:[^:]+::)?(\d{12})(?::|$)/.exec(principal)?.[1];

function sessionOf(principal: string): { readonly partition: string; readonly account: string; readonly name: string } | undefined {
  const [, partition, account, name] = /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)/.exec(principal) ?? [];
  return partition && account && name ? { partition, account, name } : undefined;
}

/** Nobody is let in for want of a name: whoever is not known is left to be filled in. */
function named(principal: string): string {
  if (/^\d+$/.test(principal)) return accountRoot(principal);
  return principal.startsWith('arn:') ? principal : 'arn:aws:iam::ACCOUNT:role/NAME';
}

/** An account as a principal: everybody there who has the right by his own policies. */
function accountRoot(principal: string): string {
  const [, partition = 'aws', account = principal] = /^arn:([^:]+):[^:]+::(\d+):/.exec(principal) ?? [];
  return `arn:${partition}:iam::${account}:root`;
}
