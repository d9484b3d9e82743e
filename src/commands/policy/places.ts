import { readImage } from '../../contract/image.ts';
import { type Aliases, parseAddress, privateRegistryHost, type Registry } from '../../contract/registry.ts';
import { quote } from '../../contract/text.ts';
import type { Repository } from '../../refusals/wish.ts';
import { UsageError } from '../io.ts';

/** A location of images: a repository, or ECR Public, which has no account. */
export type Place = Repository | 'public';

/** Parses an image (without tag and digest), a host (all its repositories), or the ARN of a repository. */
export function placeOf(text: string, aliases: Aliases): Place {
  const [, partition, region, account, name] = /^arn:([\w-]+):ecr:([^:]*):([^:]*):repository\/(.+)$/.exec(text) ?? [];
  if (partition && account && region && name) return repositoryOf(account, region, name, partition);
  if (text.startsWith('arn:'))
    throw new UsageError(`${quote(text)} is not an ARN of a repository: arn:aws:ecr:REGION:ACCOUNT:repository/NAME`);
  const image = readImage(text, aliases);
  if (!('wrong' in image)) return placed(image.registry, image.repository);
  const { host = '', path = '' } = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?<host>[^/@]*)(?:\/(?<path>[^@]*))?$/is.exec(text.trim())?.groups ?? {};
  const registry = parseAddress(host, aliases)?.registry;
  if (!registry) throw new UsageError(wrongHost(host) ?? image.wrong);
  return placed(registry, path.replace(/:[^/:]*$/, '').replace(/\/$/, '') || '*');
}

/** The repository of an account and region that the user named in separate options. */
export function repositoryOf(account: string, region: string, name: string, partition?: string): Repository {
  accountDigits(account);
  const registry = parseAddress(privateRegistryHost(account, region))?.registry;
  if (!registry) throw new UsageError(`${quote(region)} is not an AWS region: eu-west-1 is one`);
  if (partition !== undefined && partition !== registry.partition)
    throw new UsageError(`the region ${region} is of the partition ${registry.partition}, and the ARN says ${partition}`);
  return inRegistry({ partition: registry.partition, region, account }, name);
}

function placed({ service, partition, region, account = '' }: Registry, name: string): Repository | 'public' {
  if (service === 'ecr-public') return 'public';
  return inRegistry({ partition, region, account }, name);
}

function inRegistry(registry: Omit<Repository, 'name'>, name: string): Repository {
  const wrong = wrongName(name);
  if (wrong !== undefined) throw new UsageError(`${quote(name)} is not a name of a repository: ${wrong}`);
  return { ...registry, name };
}

export function accountDigits(account: string): string {
  const wrong = wrongAccount(account);
  if (wrong !== undefined) throw new UsageError(wrong);
  return account;
}

function wrongAccount(account: string): string | undefined {
  if (/^\d{12}$/.test(account)) return undefined;
  const count = /^\d+$/.test(account) ? `it has ${account.length} digits` : 'it is not a number';
  return `${quote(account)} is not an AWS account: ${count}, and 12 digits are expected`;
}

/** The mistake in a host that resembles one of ECR. */
function wrongHost(host: string): string | undefined {
  const [, digits = ''] = /^(\d+)\.dkr[.-]ecr/.exec(host) ?? [];
  if (/[*?]/.test(host)) return `${quote(host)} has a wildcard: name each account and region`;
  return digits === '' ? undefined : wrongAccount(digits);
}

/** The mistake in a repository name by ECR's API (CreateRepository, 2015-09-21). A trailing * stands for any rest. */
function wrongName(name: string): string | undefined {
  const whole = name.replace(/\*$/, '');
  if (/[*?]/.test(whole)) return 'a * stands at the end only, such as team/*';
  if (/[A-Z]/.test(name)) return 'it has upper case letters, and ECR has lower case ones only';
  const length = name.endsWith('*') ? { least: 0, most: 255 } : { least: 2, most: 256 };
  if (whole.length < length.least || whole.length > length.most) return 'it has 2 to 256 characters';
  const rest = name.endsWith('*') ? whole.replace(/[._/-]$/, '') : whole;
  if (rest === '' || /^[a-z0-9]+([._/-][a-z0-9]+)*$/.test(rest)) return undefined;
  return 'letters, digits, and single . _ - / between them';
}
