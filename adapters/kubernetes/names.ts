/** The label of the courier's Secrets. A Secret with it is repaired, whichever client changes it. */
export const managedBy = { key: 'app.kubernetes.io/managed-by', value: 'ecr-courier' } as const;
/** The annotation of our Secrets with the credentials that they hold (`content.ts`). */
export const contentAnnotation = 'ecr-courier/content';
/** The annotation of our Secrets with the target that wrote them, as several targets may serve one cluster. */
export const targetAnnotation = 'ecr-courier/target';
/** The annotation of namespaces that are left alone ("false"), or chosen where the target has `optIn` ("true"). */
export const enabledAnnotation = 'ecr-courier/enabled';
/** The annotation of namespaces with the source that should serve their Secret. */
export const sourceAnnotation = 'ecr-courier/source';

export const secretType = 'kubernetes.io/dockerconfigjson';
export const dataKey = '.dockerconfigjson';

/** The ids of the slots in a namespace: that of the Secret, that of a ServiceAccount, and that of a pod. */
export const secretId = (namespace: string, secret: string): string => `${namespace}/${secret}`;
export const accountId = (namespace: string, account: string): string => `${namespace}/sa/${account}`;
export const podId = (namespace: string, pod: string): string => `${namespace}/pod/${pod}`;
