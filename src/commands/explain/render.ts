import { type Image, nameOfImage } from '../../contract/image.ts';
import { parseAddress } from '../../contract/registry.ts';
import { registryWords } from '../../contract/registry-words.ts';
import { oneLine } from '../../contract/text.ts';
import { stopOf } from '../../ecr/registry/checked-pull.ts';
import type { Reason } from '../../ecr/sources/reasons.ts';
import { ending, relative } from '../../observe/words.ts';
import { render } from '../../refusals/diagnosis.ts';
import { remarksOn, stepReport } from '../check/report.ts';
import { stepWords } from '../check/table.ts';
import { type Fact, factLines } from '../paint.ts';
import { asJson, elsewhere, reasonOf } from '../whoami.ts';
import type { KubeletPart } from './kubelet.ts';
import type { Proof } from './proof.ts';
import type { HeldBy, Known } from './slots.ts';
import type { Subject } from './subject.ts';

/** Everything that `explain` has found out about one image or registry. */
export interface Explained {
  /** The image as the user wrote it. */
  readonly text: string;
  readonly subject: Subject;
  readonly sources: readonly Reason[];
  /** The identity of the chosen source, as far as it is configured. */
  readonly configured?: string | undefined;
  /** undefined if the name is not an ECR image, so there is nothing to look up. */
  readonly known: Known | undefined;
  readonly asks: 'online' | 'offline';
  readonly proof?: Proof;
  readonly kubelet?: KubeletPart;
}

/** Human-readable text, one line per fact. */
export function explainedText(explained: Explained, now: number): string {
  const { subject, kubelet } = explained;
  const lines = subject.image ? [nameOf(subject.image), ...factLines(factsOf(explained, subject, now))] : [oneLine(subject.why)];
  const own = `${lines.join('\n')}\n`;
  return kubelet ? `${own}\nthe kubelet\n${kubelet.lines.map(line => `  ${oneLine(line)}`).join('\n')}\n` : own;
}

const nameOf = (image: Image): string => (image.repository === '' ? placeOf(image) : nameOfImage(image));

/** The name without tag and digest. */
const placeOf = ({ registry: { host }, port, repository }: Image): string =>
  `${host}${port === undefined ? '' : `:${port}`}${repository === '' ? '' : `/${repository}`}`;

/** The name as clients look it up. To them a port, even the default one, and upper case make another registry. */
const askedOf = (image: Image, text: string): string => placeOf(image).replace(/^[^/]*/, host => parseAddress(text)?.spelled ?? host);

function factsOf(explained: Explained, { image, remarks }: Extract<Subject, { image: object }>, now: number): readonly Fact[] {
  const { sources, known } = explained;
  return [
    ['registry', [registryWords(image.registry)]],
    ['spelling', remarks],
    ['source', sourceLines(sources, image.registry.service)],
    ...identityFacts(explained, now),
    ...proofFacts(explained, now),
    ['daemon', known ? daemonLines(known, now) : []],
    [
      'clients',
      [`\`ecr-courier helper doctor ${askedOf(image, explained.text)}\` tells what Docker, podman and others on this machine would send`],
    ],
    ['note', ['Identity, token and pull are those of this shell. Daemon, nodes and users may be others: then their policies count.']],
  ];
}

function sourceLines(sources: readonly Reason[], service: 'ecr' | 'ecr-public'): string[] {
  const chosen = sources.find(reason => reason.chosen);
  const others = sources.filter(reason => !reason.chosen).map(({ source, why }) => `not ${source}: ${why}`);
  const none = service === 'ecr-public' ? 'none: it is pulled without a login' : 'none: add one whose `accounts` or `registries` match it';
  return [chosen ? `${chosen.source}: ${chosen.why}` : none, ...others];
}

function identityFacts({ configured, proof, asks }: Explained, now: number): readonly Fact[] {
  const { who } = proof ?? {};
  if (!who) return [['identity', configured === undefined ? [] : [`${configured}${asks === 'offline' ? ' (AWS was not asked)' : ''}`]]];
  const { giver, caller, place, because, passed, roles, others, sessionEndsAt, failure } = who;
  if (!place && !failure) return [['identity', [`no AWS identity: the token comes from ${giver}`]]];
  const found = [
    ...(place ? [`by ${place}: ${because}`] : []),
    ...roles.map(role => `then ${role}`),
    ...(sessionEndsAt ? [`its session ${ending(sessionEndsAt.getTime(), now)}`] : []),
  ];
  return [
    ['identity', [caller?.arn ?? 'unknown', ...found, ...(giver ? [`it asks ${giver} for the token`] : [])]],
    ['looked at', passed.map(link => `${link.place}: ${link.why}`)],
    ['fails', failure ? [reasonOf(who), failure.remedy] : []],
    ['elsewhere', elsewhere(others)],
  ];
}

function proofFacts({ proof, asks }: Explained, now: number): readonly Fact[] {
  if (!proof) return [['pull', asks === 'offline' ? ['not tried, as --offline was given'] : []]];
  const { who, pull } = proof;
  const { steps, credential } = pull;
  // The identity has its own line above.
  const [token, ...rest] = steps.filter(({ name }) => name !== 'identity');
  const stop = stopOf(steps);
  const why = stop ? (stop.diagnosis ? render(stop.diagnosis).split('\n') : [stop.text ?? '']).filter(line => line.trim() !== '') : [];
  if (stop && stop === token)
    return [['token', who?.failure && stop.text === who.failure.message ? ['none, as there is no identity'] : why]];
  const end = credential && `good until ${credential.expiresAt.toISOString()}, ${relative(credential.expiresAt.getTime(), now)}`;
  const done = rest.map(stepWords);
  return [
    ['token', [end ?? token?.text ?? '']],
    ['pull', [done.join(', '), ...why, ...remarksOn(pull)]],
  ];
}

function daemonLines({ slots, absent }: Known, now: number): string[] {
  if (absent !== undefined) return [absent];
  return slots.length === 0 ? ['no slot of its targets holds a password for this registry'] : slots.map(slot => slotLine(slot, now));
}

function slotLine({ target, slot, state, servedAt, expiresAt, trouble }: HeldBy, now: number): string {
  const served = servedAt === null ? 'never served' : `served ${relative(Date.parse(servedAt), now)}`;
  const ends = expiresAt === null ? [] : [`its password ${ending(Date.parse(expiresAt), now)}`];
  return [`${target}, ${slot}: ${state}`, served, ...ends, ...(trouble === null ? [] : [trouble])].join('; ');
}

/** The same as JSON. Members without a value are null. */
export function explainedJson({ text, subject, sources, configured, known, asks, proof, kubelet }: Explained) {
  const { image } = subject;
  return {
    schema: 1,
    image: text,
    registry: image?.registry ?? null,
    port: image?.port ?? null,
    repository: image?.repository || null,
    reference: image?.reference || null,
    remarks: image ? [...subject.remarks, ...(proof ? remarksOn(proof.pull) : [])] : [subject.why],
    sources,
    configured: configured ?? null,
    asked: asks === 'online',
    identity: proof?.who ? asJson(proof.who) : null,
    outcome: proof?.pull.outcome ?? null,
    tokenExpiresAt: proof?.pull.credential?.expiresAt.toISOString() ?? null,
    steps: proof?.pull.steps.map(stepReport) ?? null,
    slots: known?.slots ?? [],
    daemon: known?.absent ?? null,
    kubelet: kubelet ?? null,
  };
}
