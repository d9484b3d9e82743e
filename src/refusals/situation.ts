import { parseAddress } from '../contract/registry.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Facts } from './facts.ts';

/** What a product prints, as it prints it. */
export interface Symptom {
  readonly product: string;
  readonly text: string;
}

/**
 * One row of the table. `title`: what is the matter, for the heading of the page. `explain`: undefined where the facts
 * are of another situation. Each symptom is explained by its own row.
 */
export interface Situation {
  readonly id: string;
  readonly title: string;
  readonly symptoms: readonly Symptom[];
  readonly explain: (facts: Facts) => Diagnosis | undefined;
}

/** A host of ECR's registries. */
export const isRegistry = (host: string): boolean => parseAddress(host) !== undefined;
export const isPrivate = (host: string): boolean => parseAddress(host)?.registry.service === 'ecr';
export const isPublic = (host: string): boolean => parseAddress(host)?.registry.service === 'ecr-public';
/** Where ECR's layers lie (ECR user guide, VPC endpoints): `prod-REGION-starport-layer-bucket` and its like. */
export const isLayers = (host: string): boolean =>
  /(^|\.|-)starport-layer-bucket[.-]|\.s3[.-][\w.-]*amazonaws\.com|^s3[.-][\w.-]*amazonaws\.com/.test(host);
/** What gives tokens. */
export const isApi = (host: string): boolean =>
  /^(api\.ecr|ecr|api\.ecr-public|ecr-public|sts|ecr-fips|api\.ecr-fips)\.[\w.-]*(amazonaws|api\.aws)/.test(host);
export const isEcr = (host: string): boolean => isRegistry(host) || isApi(host);
