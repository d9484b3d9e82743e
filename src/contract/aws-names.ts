/** Names as AWS gives them. A region: `eu-west-1`, `us-isob-east-1`; no zone (`eu-west-1a`), no pseudo-region. */
export const regionForm = /^[a-z]{2,}(?:-[a-z]+)+-\d{1,2}$/;
export const isRegion = (text: string): boolean => regionForm.test(text);

/** Of a role, with its path. */
export const roleForm = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;
export const isRoleArn = (text: string): boolean => roleForm.test(text);

/** Of a session of a role (STS API, RoleSessionName). */
export const sessionForm = /^[\w+=,.@-]{2,64}$/;
export const isSessionName = (text: string): boolean => sessionForm.test(text);

/** What such a name must be, as the rest of a sentence. */
export const namesInWords = {
  region: 'a region such as eu-west-1, in lower case and without the letter of a zone',
  role: 'the ARN of a role, such as arn:aws:iam::123456789012:role/courier',
  session: 'a name of 2 to 64 letters, digits and _+=,.@-',
} as const;

/**
 * Annotations by which the service account of a pod names its role for pulls, in their order. The first is that of
 * Amazon's own provider, the second that of IRSA, which people set.
 */
export const roleAnnotations = ['eks.amazonaws.com/ecr-role-arn', 'eks.amazonaws.com/role-arn'] as const;
