export type Principal = '*' | { readonly AWS: string | readonly string[] } | { readonly Federated: string } | { readonly Service: string };

export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

interface Admission {
  readonly Principal: Principal;
  readonly Condition?: Condition;
}

const unique = <T>(list: readonly T[]): readonly T[] => [...new Set(list)];

/** Removes duplicates, and returns the element itself where only one is left. */
export function one<T>(given: readonly T[]): T | readonly T[] {
  const list = unique(given);
  const [first] = list;
  return list.length === 1 && first !== undefined ? first : list;
}

/**
 * The Principal and Condition of a statement that lets these principals in: account numbers, or ARNs of roles, users,
 * accounts and sessions. A session ARN does not contain the path of its role, and AWS rejects a policy that names a
 * role that does not exist. A role known only by a session is therefore matched by a condition that allows any path:
 * role names are unique within an account.
 */
export function admitted(principals: readonly string[]): Admission {
  const roles = principals.map(principal => sessionOf(principal));
  if (roles.every(role => role === undefined)) return { Principal: { AWS: one(principals.map(named)) } };
  const patterns = principals.flatMap((principal, at) => {
    const role = roles[at];
    // The ARN of an account's root stands for the whole account, and no caller has it: match every principal there.
    if (!role) return [named(principal).replace(/:root$/, ':*')];
    const start = `arn:${role.partition}:iam::${role.account}:role/`;
    return [`${start}${role.name}`, `${start}*/${role.name}`];
  });
  const accounts = principals.map(principal => accountRoot(principal));
  return { Principal: { AWS: one(accounts) }, Condition: { ArnLike: { 'aws:PrincipalArn': one(patterns) } } };
}

/** Roles that AWS creates. They have a path, which a session ARN does not contain. */
const ofAws = /^AWS(ReservedSSO_|ServiceRoleFor)/;

/**
 * The principal for the policy of a Lambda function. Lambda accepts a role, a user or an account number, and no
 * condition on the principal (Lambda API reference, AddPermission). A session is temporary, so the policy names its
 * role.
 */
export function invoker(principal: string): string {
  if (/^arn:[^:]+:iam::\d+:(role|user)\//.test(principal)) return principal;
  const { partition, account, name } = sessionOf(principal) ?? {};
  if (name !== undefined && !ofAws.test(name)) return `arn:${partition}:iam::${account}:role/${name}`;
  return accountOf(principal) ?? 'ACCOUNT';
}

/** The note for roles known only by a session; empty where there are none. */
export const withoutPath = (principals: readonly string[]): readonly string[] =>
  principals.some(principal => sessionOf(principal) && invoker(principal).startsWith('arn:'))
    ? ['A session does not tell the path of its role: add it to the name of the role, where there is one.']
    : [];

/** The account number of a principal. Undefined for a service. */
export const accountOf = (principal: string): string | undefined => /^(?:arn:[^:]+:[^:]+::)?(\d{12})(?::|$)/.exec(principal)?.[1];

function sessionOf(principal: string): { readonly partition: string; readonly account: string; readonly name: string } | undefined {
  const [, partition, account, name] = /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)/.exec(principal) ?? [];
  return partition && account && name ? { partition, account, name } : undefined;
}

/**
 * The ARN of a principal; an unknown one becomes a placeholder, so that the statement never lets in more than intended.
 */
function named(principal: string): string {
  if (/^\d+$/.test(principal)) return accountRoot(principal);
  return principal.startsWith('arn:') ? principal : 'arn:aws:iam::ACCOUNT:role/NAME';
}

/** The root ARN of an account: it admits every principal there whose own policies allow the action. */
function accountRoot(principal: string): string {
  const [, partition = 'aws', account = principal] = /^arn:([^:]+):[^:]+::(\d+):/.exec(principal) ?? [];
  return `arn:${partition}:iam::${account}:root`;
}
