import { oneLine } from '../../contract/text.ts';
import { stopOf } from '../../ecr/registry/checked-pull.ts';
import type { Step } from '../../ecr/registry/judged.ts';
import { identityWords } from '../../observe/words.ts';
import { render } from '../../refusals/diagnosis.ts';
import { type Paint, painter, table } from '../paint.ts';
import type { Puller } from './as.ts';
import type { ImageReport } from './report.ts';

const tints = {
  'would pull': 'green',
  'not tried': 'yellow',
  'no token': 'red',
  refused: 'red',
  missing: 'red',
  unreachable: 'yellow',
  'no image': 'red',
  "not ECR's": 'dim',
} as const;

interface Shown {
  readonly color: boolean;
  /** The principal that will pull, if it could not be tried. */
  readonly other: Puller['other'];
}

/** One row per image, failing ones first, then the reason for each failure and the identities that were used. */
export function imageTable(reports: readonly ImageReport[], { color, other }: Shown): string {
  const paint = painter({ color });
  const sorted = reports.toSorted((one, other) => rankOf(one) - rankOf(other));
  const rows = sorted.map(report => [paint(tints[report.outcome], report.outcome), stepWord(report), shortened(report)]);
  const notes = [
    ...sorted.flatMap(report => note(report, paint)),
    ...layers(sorted),
    ...remarks(sorted),
    ...identities(sorted, other, paint),
  ];
  return [table(['RESULT', 'STEP', 'IMAGE'], rows, paint), ...notes, ''].join('\n');
}

/** Sort rank: failing images first, images of other registries last. */
const rankOf = ({ outcome }: ImageReport): number => (outcome === "not ECR's" ? 2 : outcome === 'would pull' ? 1 : 0);
const stepWord = (report: ImageReport): string =>
  report.steps.length === 0 || report.outcome === 'not tried' ? '-' : (stepOf(report)?.name ?? (layerOf(report) ? 'all, layer' : 'all'));
/** The result of --layer, unless the pull stops at it. */
const layerOf = ({ steps }: ImageReport) => (stopOf(steps) ? undefined : steps.find(({ name }) => name === 'layer'));
const stepOf = ({ steps }: ImageReport) => stopOf(steps);

/** The image with its digest cut to twelve digits, which still tell images apart. */
function shortened({ image, host, repository, reference }: ImageReport): string {
  if (host === null || reference === null) return image;
  const digest = /^(\w+:\w{12})\w+$/.exec(reference)?.[1];
  return `${host}/${repository}${digest ? `@${digest}...` : `:${reference}`}`;
}

/** A step with the IAM action that its verdict depends on: `manifest missing (ecr:BatchGetImage)`. */
export function stepWords({ name, verdict, action, underCache }: Pick<Step, 'name' | 'verdict' | 'action' | 'underCache'>): string {
  const more = underCache?.length ? `; below a pull-through cache ${underCache.join(', ')}` : '';
  return action === 'none' ? `${name} ${verdict}` : `${name} ${verdict} (${action}${more})`;
}

function note(report: ImageReport, paint: Paint): string[] {
  const stop = stepOf(report);
  if (!stop) return [];
  const done = report.steps.map(stepWords);
  const lines = stop.diagnosis ? render(stop.diagnosis).split('\n') : [stop.text ?? ''];
  return ['', paint('bold', shortened(report)), `  ${done.join(', ')}`, ...lines.map(line => (line === '' ? '' : `  ${oneLine(line)}`))];
}

function layers(reports: readonly ImageReport[]): string[] {
  const all = new Set(reports.flatMap(report => layerOf(report)?.text ?? []));
  return all.size > 0 ? ['', ...all] : [];
}

function remarks(reports: readonly ImageReport[]): string[] {
  const all = new Set(reports.flatMap(report => report.remarks));
  return all.size > 0 ? ['', ...all] : [];
}

/** The identities that were used. A proof holds for one identity, and another one may pull in production. */
function identities(reports: readonly ImageReport[], other: Puller['other'], paint: Paint): string[] {
  const told = reports.flatMap(({ source, identity, tokensFrom }) =>
    identity ? [`${paint('bold', `source ${source}`)} is ${oneLine(wordsOn(identity, tokensFrom))}`] : [],
  );
  const anonymous = reports.some(({ source, steps }) => source === null && steps.length > 0)
    ? ['Images of ECR Public were asked for without a login.']
    : [];
  const proven = other && told.length > 0 ? [untried(other)] : reports.flatMap(whosePull);
  const lines = new Set([...told, ...anonymous, ...proven]);
  return lines.size > 0 ? ['', ...lines] : [];
}

/** The same words that `whoami` uses for a source that does not call AWS. */
const wordsOn = (identity: NonNullable<ImageReport['identity']>, tokensFrom: string | null): string =>
  `${identity.from === tokensFrom ? 'not an AWS identity: tokens come from ' : ''}${identityWords(identity)}`;

const untried = ({ words, arn }: NonNullable<Puller['other']>): string =>
  `Rights of ${words} were not tried, as nobody else can take them: where a token of its own is used, its policies count. \`ecr-courier policy pull IMAGE --for ${arn}\` prints what it needs.`;

const others = 'Docker on this machine, or a kubelet with the role of its node, may be another identity: then its policies count.';

/** The identity whose permissions the check has shown, if the check reached a step that needs any. */
function whosePull({ identity, source, tokensFrom, steps }: ImageReport): string[] {
  if (!identity || !steps.some(({ name, action }) => name === 'manifest' && action !== 'none')) return [];
  if (tokensFrom === null) return [`This shows what that identity may pull. ${others} \`--as ROLE\` tries the pull as another role.`];
  const whose = identity.from === tokensFrom ? 'whoever has fetched these tokens' : `the role of ${tokensFrom}`;
  return [`With source ${source} this shows what ${whose} may pull: those policies count, and not those of the courier. ${others}`];
}
