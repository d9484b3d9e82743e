/** A Secret with this label is the courier's: it is repaired, whoever changes it. */
export const managedBy = { key: 'app.kubernetes.io/managed-by', value: 'ecr-courier' } as const;
/** At a Secret of ours: which credentials it holds (`content.ts`). */
export const contentAnnotation = 'ecr-courier/content';
/** At a Secret of ours: the target that made it. Others may serve the same cluster. */
export const targetAnnotation = 'ecr-courier/target';
/** At a namespace: "false" leaves it alone; "true" chooses it where the target has `optIn`. */
export const enabledAnnotation = 'ecr-courier/enabled';
/** At a namespace: the source that its Secret should be served by. */
export const sourceAnnotation = 'ecr-courier/source';

export const secretType = 'kubernetes.io/dockerconfigjson';
export const dataKey = '.dockerconfigjson';

/** The id of the Secret's slot in a namespace, and of a ServiceAccount's. */
export const secretId = (namespace: string, secret: string): string => `${namespace}/${secret}`;
export const accountId = (namespace: string, account: string): string => `${namespace}/sa/${account}`;
