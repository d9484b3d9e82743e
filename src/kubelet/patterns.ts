import { type GoUrl, isUrl, parseSchemeless } from './go-url.ts';
import { labelMatches } from './match.ts';
import type { Remark } from './remark.ts';

type Verdict = Pick<Remark, 'level' | 'text'>;

/** The verdicts on one entry of matchImages: what stops the kubelet, and what loads and never matches. */
export function verdictsOn(pattern: string): Verdict[] {
  const url = parseSchemeless(pattern);
  if (!isUrl(url)) return [{ level: 'stops', text: `${JSON.stringify(pattern)} ${url.refused}` }];
  const never = neverMatches(pattern, url);
  if (never) return [{ level: 'never', text: `${JSON.stringify(pattern)} loads and never matches: ${never}` }];
  return notesOn(url).map(text => ({ level: 'note', text: `${JSON.stringify(pattern)} ${text}` }));
}

function neverMatches(pattern: string, url: GoUrl): string | undefined {
  const { labels, path, port, cutOff } = url;
  if (pattern === '') return 'it is empty';
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(pattern)) return 'an image has no scheme, so neither may the pattern';
  if (labels.join('') === '') return 'no host stands before the first /, ? or #';
  if (path === '' && cutOff.length > 1) return `a ${cutOff.slice(0, 1)} ends the host; a pattern knows * alone`;
  if (path.includes('*')) return 'a * stands for something in the host only; a path is a plain beginning';
  if (path.includes('//')) return 'no image has two slashes in a row';
  if (/[:@]/.test(path)) return 'the kubelet asks for an image without tag and digest';
  if (labels.join('') !== labels.join('').toLowerCase())
    return 'a host is compared letter by letter, and registries are spelled in lower case';
  if (labels.includes('')) return 'a part of the host is empty';
  // `*:5000` matches a host of one part, and so it is not meant for ECR.
  return port && labels.every(label => label === '*') ? undefined : neverOfEcr(labels);
}

/** Why a pattern that is meant for ECR matches none of its hosts. Patterns for other registries are not judged. */
function neverOfEcr(labels: readonly string[]): string | undefined {
  const host = labels.join('.');
  const meansEcr = /(^|\.)dkr[.-]ecr|amazonaws|on\.aws$|ecr\.aws|^\*$|^\*\.\*$/.test(host);
  if (!meansEcr || ecrForms.some(form => covers(labels, form))) return undefined;
  const lengths = [...new Set(ecrForms.map(({ length }) => length))].sort((a, b) => a - b);
  return lengths.includes(labels.length)
    ? 'no ECR host looks so: twelve digits, dkr.ecr (or dkr-ecr with on.aws), a region, and the suffix of its partition'
    : `a * stands for one part between dots, and the ECR hosts have ${lengths.join(', ')} of them: write *.dkr.ecr.*.amazonaws.com`;
}

/** The variable parts of a form. */
const account = /^\d{12}$/;
const region = /^[a-z][a-z0-9]*(-[a-z0-9]+)+$/;
const privateForm = (label: string, suffix: string): readonly (string | RegExp)[] => [
  account,
  ...label.split('.'),
  region,
  ...suffix.split('.'),
];

/**
 * The suffixes of ECR's hosts, by partition. AWS publishes no FIPS hosts for some partitions; the provider takes them
 * all.
 */
export const ecrSuffixes = {
  aws: { plain: 'amazonaws.com', dualStack: 'on.aws' },
  'aws-us-gov': { plain: 'amazonaws.com', dualStack: 'on.aws' },
  'aws-cn': { plain: 'amazonaws.com.cn', dualStack: 'on.amazonwebservices.com.cn' },
  'aws-eusc': { plain: 'amazonaws.eu' },
  'aws-iso': { plain: 'c2s.ic.gov' },
  'aws-iso-b': { plain: 'sc2s.sgov.gov' },
  'aws-iso-e': { plain: 'cloud.adc-e.uk' },
  'aws-iso-f': { plain: 'csp.hci.ic.gov' },
} as const satisfies Readonly<Record<string, { plain: string; dualStack?: string }>>;

/**
 * Every form of an ECR host. Both kinds of label are combined with either kind of suffix: images have such names,
 * though AWS publishes only one of them.
 */
const ecrForms: readonly (readonly (string | RegExp)[])[] = [
  ...Object.values(ecrSuffixes).flatMap(suffix =>
    Object.values<string>(suffix).flatMap(end =>
      ['dkr.ecr', 'dkr.ecr-fips', 'dkr-ecr', 'dkr-ecr-fips'].map(label => privateForm(label, end)),
    ),
  ),
  'public.ecr.aws'.split('.'),
  'ecr-public.aws.com'.split('.'),
];

const covers = (labels: readonly string[], form: readonly (string | RegExp)[]): boolean =>
  labels.length === form.length && labels.every((label, index) => mayMatch(label, form[index] ?? ''));

/** Whether a glob can match one of the texts that this part may have. */
function mayMatch(glob: string, part: string | RegExp): boolean {
  if (typeof part === 'string') return labelMatches(glob, part);
  if (!glob.includes('*')) return part.test(glob);
  return part === account ? /^[\d*]+$/.test(glob) && glob.replaceAll('*', '').length <= 12 : /^[a-z0-9*-]+$/.test(glob);
}

function notesOn({ path, cutOff, labels, port }: GoUrl): string[] {
  const last = path.split('/').at(-1) ?? '';
  return [
    ...(port ? [`matches only images that are written with :${port}, and none without a port`] : []),
    ...(cutOff ? [`ends at ${cutOff.slice(0, 1)} for the kubelet: what stands behind it is not looked at`] : []),
    ...(path !== path.toLowerCase() ? ['has upper case in its path, and ECR repositories are lower case'] : []),
    ...(last ? [`matches every path that begins so, and not only ${last}: ${labels.join('.')}${path}-other is one`] : []),
  ];
}
