import { parseAddress } from '../contract/registry.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Facts, Place } from './facts.ts';

/** A message as a product prints it. */
interface Symptom {
  readonly product: string;
  readonly text: string;
}

/**
 * One row of the table. `title`: the problem, as the heading on the page. `explain`: returns undefined where another
 * situation applies. Each row explains its own symptoms.
 */
export interface Situation {
  readonly id: string;
  readonly title: string;
  readonly symptoms: readonly Symptom[];
  readonly explain: (facts: Facts) => Diagnosis | undefined;
}

/** What a row explains. `host`: the host of the match, for readers. */
export interface Told {
  readonly host: string;
  readonly facts: Facts;
  readonly groups: Place['groups'];
}

interface Row extends Pick<Situation, 'id' | 'title'> {
  /** Pairs of product and text. */
  readonly symptoms: readonly (readonly [product: string, text: string])[];
  readonly when: (facts: Facts) => Place | boolean | undefined;
  readonly tell: (told: Told) => Omit<Diagnosis, 'id'>;
}

export const row = ({ id, title, symptoms, when, tell }: Row): Situation => ({
  id,
  title,
  symptoms: symptoms.map(([product, text]) => ({ product, text })),
  explain: facts => {
    const found = when(facts);
    if (!found) return undefined;
    const place: Place = found === true ? { groups: {} } : found;
    const about = ofHost(facts, place.host);
    const { sentence, ...told } = tell({ host: place.host ?? about.registry?.host ?? 'the registry', facts: about, groups: place.groups });
    return { id, sentence: sentence.replace(/^the /, 'The '), ...told };
  },
});

/** Drops the image where the match is about another registry: a log may name several images. */
function ofHost(facts: Facts, host: string | undefined): Facts {
  const registry = host === undefined ? undefined : parseAddress(host)?.registry;
  if (!registry || registry.host === facts.registry?.host) return facts;
  const { repository: _name, reference: _tag, ...others } = facts;
  return { ...others, registry };
}

/** The hosts and names in all examples. */
export const example = {
  host: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
  image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1',
  manifest: 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/team/app/manifests/1',
  layers: 'prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com',
  api: 'api.ecr.eu-west-1.amazonaws.com',
  role: 'arn:aws:sts::123456789012:assumed-role/ci/session',
  own: 'arn:aws:ecr:eu-west-1:123456789012:repository/team/app',
  theirs: 'arn:aws:ecr:eu-west-1:444455556666:repository/team/app',
} as const;
