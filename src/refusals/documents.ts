import { jsonText } from '../contract/text.ts';
import type { Permission, Statement } from './statements.ts';

/**
 * The kinds of policies, by what they are attached to: a role or user, a repository, a registry, a role that is
 * assumed, a Lambda function, a VPC endpoint.
 */
export const parts = ['identity', 'repository', 'registry', 'trust', 'function', 'endpoint'] as const;
export type Part = (typeof parts)[number];

/** A policy, and where to attach it. */
export interface PolicyDocument {
  readonly part: Part;
  /** Unique within one result: letters, digits and dashes. */
  readonly name: string;
  /** Where to attach it, in one sentence. */
  readonly where: string;
  /** Further notes, a sentence each. */
  readonly notes: readonly string[];
  readonly statements: readonly Statement[];
  /** For a function: the same statements as the permissions that Lambda accepts. */
  readonly permissions?: readonly Permission[];
}

/** The policy as the JSON document that AWS accepts. */
const policyOf = ({ statements }: PolicyDocument) => ({ Version: '2012-10-17', Statement: statements });

/** One policy as it is; several as the members of one object, by their names. */
export function jsonOf(documents: readonly PolicyDocument[]): string {
  const [first, ...more] = documents;
  if (first && more.length === 0) return jsonText(policyOf(first));
  return jsonText(Object.fromEntries(documents.map(document => [document.name, policyOf(document)])));
}

/**
 * The longest policy that AWS accepts, in characters without whitespace. identity: a managed policy; inline policies of
 * a role may have 10,240 characters together (IAM quotas).
 */
const longest: Readonly<Record<Part, number>> = {
  identity: 6144,
  trust: 2048,
  repository: 10_240,
  registry: 10_240,
  function: 20_480,
  endpoint: 20_480,
};

/** A warning for a policy that is too long for AWS; undefined for a shorter one. */
export function tooLong(document: PolicyDocument): string | undefined {
  const { length } = JSON.stringify(policyOf(document));
  const most = longest[document.part];
  if (length <= most) return undefined;
  const inline = document.part === 'identity' ? ' in a managed policy (10240 in an inline policy of a role)' : '';
  return `It has ${length} characters, and AWS takes ${most}${inline}: name fewer repositories, or many at once as in team/*.`;
}
