import { quote } from '../../contract/text.ts';
import { type PullingService, pullingServices, type Source, slugOf } from '../../refusals/services.ts';
import type { Repository } from '../../refusals/wish.ts';
import { UsageError } from '../io.ts';
import { accountDigits } from './places.ts';
import { inPartition } from './principals.ts';

/** Whether the text is the principal of an AWS service. */
export const isPrincipal = (text: string): boolean => /^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/.test(text);

/** Whether the text is a service principal, or a service that pulls: by name, or by the ARN that it pulls for. */
export const isService = (text: string): boolean => isPrincipal(text) || pullingIn(text) !== undefined;

function pullingIn(text: string): { readonly service: string; readonly about: PullingService } | undefined {
  const slug = /^arn:[^:]*:([^:]*):/.exec(text)?.[1] ?? text.replace(/\.amazonaws\.com(\.cn)?$/, '');
  const service = `${slug}.amazonaws.com`;
  const about = pullingServices.get(service);
  return about && { service, about };
}

const byThemselves = [...pullingServices].map(([service, { words }]) => `${words} (${service})`).join(', ');

/** The service that pulls from these repositories. */
export function pullingSource(text: string, repositories: readonly Repository[], partition: string): Source {
  const { service, about } = pullingIn(text) ?? {};
  if (service === undefined || about === undefined)
    throw new UsageError(
      `${quote(text)} is an AWS service that is not known to pull by itself: name the role with which it pulls. By themselves pull ${byThemselves}`,
    );
  if (!text.startsWith('arn:')) return { service };
  return { service, arn: sourceOf(text, { service, ...about }, { repositories, partition }) };
}

/** The source ARN without a version. */
function sourceOf(
  text: string,
  { service, words, source, accounts }: PullingService & { readonly service: string },
  { repositories, partition: of }: { readonly repositories: readonly Repository[]; readonly partition: string },
): string {
  if (source === undefined) throw new UsageError(`${words} pulls in nobody's name that AWS documents: --for ${service}`);
  const start = source.slice(0, -1);
  const [, arn = '', partition = '', region = '', account = '', name = '', rest] =
    /^((arn:[\w-]+):[\w-]+:([\w-]*):([^:]*):(?:[^:]*[:/])([\w-]*\*?))(:.*)?$/.exec(text) ?? [];
  if (name === '' || !arn.endsWith(`:${start}${name}`) || (name.endsWith('*') && rest !== undefined))
    throw new UsageError(
      `${quote(text)} is not an ARN of ${words}: arn:aws:${slugOf(service)}:eu-west-1:123456789012:${start}NAME, or ${source}`,
    );
  accountDigits(account);
  if (!repositories.every(repository => repository.region === region))
    throw new UsageError(`${words} pulls from its own region only, and not all of these repositories are in ${region}`);
  if (accounts === 'own' && !repositories.every(repository => repository.account === account))
    throw new UsageError(`${words} pulls by itself from its own account only: name the role with which it pulls from others`);
  return inPartition(arn, partition.slice('arn:'.length), of);
}
