import { capital } from '../contract/text.ts';
import { one } from './admitted.ts';
import { type Rights, rights, type Statement } from './statements.ts';

/**
 * A service of AWS that pulls images by itself, with no role: the policy of the repository lets it in.
 * `source`: what follows the account in the ARN in whose name it pulls, for all of an account; missing where AWS
 * documents no such name. `accounts`: whether it pulls from other accounts than that of its source, and who has to be
 * let in then.
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
 * By principal. Lambda developer guide (container image permissions); CodeBuild user guide (Amazon ECR sample) and API
 * (imagePullCredentialsType); SageMaker developer guide (ECR permissions for inference pipelines); EMR Serverless user
 * guide (custom images); HealthOmics user guide (ECR permissions).
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

/** A service, by its principal. `arn`: in whose name it pulls, which may end in *; without it for all of an account. */
export interface Source {
  readonly service: string;
  readonly arn?: string;
}

/** A service that pulls, and the ARNs in whose name it does. */
export interface ServicePull {
  readonly service: string;
  readonly sources: readonly string[];
}

/** Of an account in a region. */
interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** What stands for a service in its ARNs. */
export const slugOf = (service: string): string => service.slice(0, service.indexOf('.'));

/** Which of these pull from a repository at that place: a service pulls from its own region. */
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

/** Accounts that a service asks as well, where they are not that of the image. */
export const ownersOf = ({ service, sources }: ServicePull, account: string): readonly string[] =>
  pullingServices.get(service)?.accounts !== 'all, with their owners'
    ? []
    : sources.flatMap(arn => {
        const [, partition, , , of] = arn.split(':');
        return of === account ? [] : [`arn:${partition}:iam::${of}:root`];
      });

/** For the policy of a repository. Without sources the service is let in for whoever uses it. */
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

/** Of EKS Pod Identity, which hands on tags of the pod (EKS user guide). */
export const podIdentity = 'pods.eks.amazonaws.com';

/** Letters and digits. */
const wordsOf = (service: string): string =>
  service
    .replace(/\.amazonaws\.com.*$/, '')
    .split(/[^a-z0-9]+/)
    .map(capital)
    .join('');

/** For the trust policy of a role that a service assumes. */
export const serviceTrustStatement = (service: string): Statement => ({
  Sid: `AssumeRoleBy${wordsOf(service)}`,
  Effect: 'Allow',
  Principal: { Service: service },
  Action: service === podIdentity ? ['sts:AssumeRole', 'sts:TagSession'] : 'sts:AssumeRole',
});
