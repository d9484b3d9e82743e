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
  /** Who pulls in the end, where he could not be tried. */
  readonly other: Puller['other'];
}

/** A line an image, those first that would not be pulled; then what stops each, and whose rights these were. */
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

/** What is to be mended comes first, and what is nothing to us last. */
const rankOf = ({ outcome }: ImageReport): number => (outcome === "not ECR's" ? 2 : outcome === 'would pull' ? 1 : 0);
const stepWord = (report: ImageReport): string =>
  report.steps.length === 0 || report.outcome === 'not tried' ? '-' : (stepOf(report)?.name ?? (layerOf(report) ? 'all, layer' : 'all'));
/** What --layer has come to, where it stops nothing. */
const layerOf = ({ steps }: ImageReport) => (stopOf(steps) ? undefined : steps.find(({ name }) => name === 'layer'));
const stepOf = ({ steps }: ImageReport) => stopOf(steps);

/** Twelve digits of a digest are enough to tell images apart. */
function shortened({ image, host, repository, reference }: ImageReport): string {
  if (host === null || reference === null) return image;
  const digest = /^(\w+:\w{12})\w+$/.exec(reference)?.[1];
  return `${host}/${repository}${digest ? `@${digest}...` : `:${reference}`}`;
}

/** A step with the right that its verdict hangs on: `manifest missing (ecr:BatchGetImage)`. */
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

/** One proof holds for one identity. The one that pulls in the end may be another. */
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

/** The same as `whoami` says of a source that asks nobody of AWS. */
const wordsOn = (identity: NonNullable<ImageReport['identity']>, tokensFrom: string | null): string =>
  `${identity.from === tokensFrom ? 'nobody of AWS: tokens come from ' : ''}${identityWords(identity)}`;

const untried = ({ words, arn }: NonNullable<Puller['other']>): string =>
  `Rights of ${words} were not tried, as nobody else can take them: where a token of its own is used, its policies count. \`ecr-courier policy pull IMAGE --for ${arn}\` prints what it needs.`;

const others = 'Docker on this machine, or a kubelet with the role of its node, may be another identity: then its policies count.';

/** Whose rights the walk of a pull has shown, where it came so far that some were asked for. */
function whosePull({ identity, source, tokensFrom, steps }: ImageReport): string[] {
  if (!identity || !steps.some(({ name, action }) => name === 'manifest' && action !== 'none')) return [];
  if (tokensFrom === null) return [`This shows what that identity may pull. ${others} \`--as ROLE\` tries the pull as another role.`];
  const whose = identity.from === tokensFrom ? 'whoever has fetched these tokens' : `the role of ${tokensFrom}`;
  return [`With source ${source} this shows what ${whose} may pull: those policies count, and not those of the courier. ${others}`];
}
