import type { Env } from './env.ts';
import { type Table, type Values, withFiles } from './field.ts';
import { lackingAny } from './naming.ts';
import { isOutside } from './origin.ts';
import { type Report, settingOf } from './read.ts';
import { groups } from './schema.ts';

/** An option that has no effect without another one of the same group. */
interface Beside {
  readonly group: keyof typeof groups;
  readonly given: string;
  readonly missing: string;
}

/** Reports the missing option. It is spelled like the given one: as a variable beside a variable. */
export function reportMissing({ group, given, missing }: Beside, env: Env, report: Report): void {
  const table: Table = withFiles(groups[group]);
  const file = Object.hasOwn(table, `${missing}File`) ? `${missing}File` : undefined;
  const origin = settingOf(report, `${group}.${given}`);
  const [first, ...others] = [file, missing].flatMap(key => (key && table[key]?.env) ?? []);
  const why = `${isOutside(origin) ? origin : `\`${given}\``} has no effect alone`;
  const lacking = first !== undefined && isOutside(origin) ? lackingAny([[first, ...others]], env) : undefined;
  const { message } = lacking ?? { message: `must be set${file ? `, or ${file}` : ''}` };
  report.mistakes.push({ path: `${group}.${missing}`, origin: lacking?.origin ?? origin, message: `${message}: ${why}` });
}

type Lease = Values<typeof groups.lease>;

/** Reports options of the lease that are missing, or that have no effect. */
export function checkLease(lease: Lease, env: Env, report: Report): void {
  const has = (option: keyof Lease): boolean => lease[option] !== undefined;
  const needs = (given: keyof Lease, missing: keyof Lease): void => reportMissing({ group: 'lease', given, missing }, env, report);
  if (!has('name')) for (const given of (['namespace', 'kubeconfig', 'context'] as const).filter(has)) needs(given, 'name');
  else if (has('kubeconfig') && !has('namespace')) needs('kubeconfig', 'namespace');
  else if (has('context') && !has('kubeconfig')) needs('context', 'kubeconfig');
}
