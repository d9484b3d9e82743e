import { capital } from '../contract/text.ts';
import { one } from './admitted.ts';
import { type Rights, rights, type Statement } from './statements.ts';

/**
 * An AWS service that pulls images without a role: the repository policy lets it in. `source`: the part after the
 * account in the aws:SourceArn of its requests, for all sources of an account; missing where AWS documents none.
 * `accounts`: whether the service pulls from other accounts than that of its source, and whether the policy must then
 * let in the owner's account too.
 */
export interface PullingService {
  readonly words: string;
  readonly needs: Rights;
  readonly source?: string;
  readonly accounts: 'own' | 'all' | 'all, with their owners';
}

const pullBy = (words: string, more: readonly string[] = []): Rights => ({
  name: `${rights.pull.name}By${words.replaceAll(' ', '')}`,
  actions: [...more, ...rights.pull.actions].toSorted(),
});
const look = ['ecr:BatchCheckLayerAvailability'];

/**
 * The services, by principal. Lambda developer guide (container image permissions); CodeBuild user guide (Amazon ECR
 * sample) and API (imagePullCredentialsType); SageMaker developer guide (ECR permissions for inference pipelines); EMR
 * Serverless user guide (custom images); HealthOmics user guide (ECR permissions).
 */
export const pullingServices: ReadonlyMap<string, PullingService> = new Map([
  ['lambda.amazonaws.com', { words: 'Lambda', needs: pullBy('Lambda'), source: 'function:*', accounts: 'all, with their owners' }],
  ['codebuild.amazonaws.com', { words: 'CodeBuild', needs: pullBy('CodeBuild', look), source: 'project/*', accounts: 'own' }],
  ['sagemaker.amazonaws.com', { words: 'SageMaker', needs: pullBy('SageMaker', look), accounts: 'all' }],
  [
    'emr-serverless.amazonaws.com',
    { words: 'EMR Serverless', needs: pullBy('EMR Serverless', ['ecr:DescribeImages']), source: '/applications/*', accounts: 'all' },
  ],
  ['omics.amazonaws.com', { words: 'HealthOmics', needs: pullBy('HealthOmics', look), accounts: 'all' }],
]);

/** A service, by its principal. `arn`: the resource it pulls for, which may end in *; missing for all of an account. */
export interface Source {
  readonly service: string;
  readonly arn?: string;
}

/** A service that pulls, and the ARNs of the resources it pulls for. */
export interface ServicePull {
  readonly service: string;
  readonly sources: readonly string[];
}

/** A registry: an account in a region. */
interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** The name of a service in its ARNs. */
export const slugOf = (service: string): string => service.slice(0, service.indexOf('.'));

/** The services that pull from a repository at that place. A service pulls only from its own region. */
export function pullsAt({ partition, region, account }: Place, all: readonly Source[]): readonly ServicePull[] {
  const groups = Map.groupBy(all, ({ service }) => service);
  return [...groups].flatMap(([service, sources]) => {
    const { source, accounts } = pullingServices.get(service) ?? {};
    if (source === undefined) return [{ service, sources: [] }];
    const arns = sources.map(({ arn }) => arn ?? `arn:${partition}:${slugOf(service)}:${region}:${account}:${source}`);
    const here = arns.filter(arn => {
      const [, , , at, of] = arn.split(':');
      return at === region && (accounts !== 'own' || of === account);
    });
    return here.length > 0 ? [{ service, sources: here }] : [];
  });
}

/** The accounts, other than that of the image, that the repository policy must let in beside the service. */
export const ownersOf = ({ service, sources }: ServicePull, account: string): readonly string[] =>
  pullingServices.get(service)?.accounts !== 'all, with their owners'
    ? []
    : sources.flatMap(arn => {
        const [, partition, , , of] = arn.split(':');
        return of === account ? [] : [`arn:${partition}:iam::${of}:root`];
      });

/**
 * The statement of a repository policy for a service. Without sources it lets the service in for all of its customers.
 */
export function serviceStatement({ service, sources }: ServicePull): Statement {
  const { name, actions } = pullingServices.get(service)?.needs ?? pullBy('Service');
  return {
    Sid: name,
    Effect: 'Allow',
    Principal: { Service: service },
    Action: one(actions),
    ...(sources.length > 0 && { Condition: { StringLike: { 'aws:SourceArn': one(sources) } } }),
  };
}

/** The principal of EKS Pod Identity, which passes on tags of the pod (EKS user guide). */
export const podIdentity = 'pods.eks.amazonaws.com';

/** A service as letters and digits, for a Sid. */
const wordsOf = (service: string): string =>
  service
    .replace(/\.amazonaws\.com.*$/, '')
    .split(/[^a-z0-9]+/)
    .map(capital)
    .join('');

/** The statement of a trust policy for a service that assumes the role. */
export const serviceTrustStatement = (service: string): Statement => ({
  Sid: `AssumeRoleBy${wordsOf(service)}`,
  Effect: 'Allow',
  Principal: { Service: service },
  Action: service === podIdentity ? ['sts:AssumeRole', 'sts:TagSession'] : 'sts:AssumeRole',
});
