/** The label of the courier's Secrets. A Secret with it is repaired, whichever client changes it. */
export const managedBy = { key: 'app.kubernetes.io/managed-by', value: 'ecr-courier' } as const;
/** On a Secret of ours: the credentials that it holds (`content.ts`). */
export const contentAnnotation = 'ecr-courier/content';
/** On a Secret of ours: the target that wrote it, as several targets may serve one cluster. */
export const targetAnnotation = 'ecr-courier/target';
/** On a namespace: "false" leaves it alone; "true" chooses it where the target has `optIn`. */
export const enabledAnnotation = 'ecr-courier/enabled';
/** On a namespace: the source that should serve its Secret. */
export const sourceAnnotation = 'ecr-courier/source';

export const secretType = 'kubernetes.io/dockerconfigjson';
export const dataKey = '.dockerconfigjson';

/** The ids of the slots in a namespace: that of the Secret, and that of a ServiceAccount. */
export const secretId = (namespace: string, secret: string): string => `${namespace}/${secret}`;
export const accountId = (namespace: string, account: string): string => `${namespace}/sa/${account}`;
