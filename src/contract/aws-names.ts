/**
 * The form of a region name: `eu-west-1`, `us-isob-east-1`. Availability zones (`eu-west-1a`) and pseudo-regions do not
 * match.
 */
export const regionForm = /^[a-z]{2,}(?:-[a-z]+)+-\d{1,2}$/;
export const isRegion = (text: string): boolean => regionForm.test(text);

/** The form of a role's ARN, with its path. */
export const roleForm = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;
export const isRoleArn = (text: string): boolean => roleForm.test(text);

/** The form of a role session's name (STS API, RoleSessionName). */
export const sessionForm = /^[\w+=,.@-]{2,64}$/;
export const isSessionName = (text: string): boolean => sessionForm.test(text);

/** What each of these names must be, as the rest of a sentence. */
export const namesInWords = {
  region: 'a region such as eu-west-1, in lower case and without the letter of a zone',
  role: 'the ARN of a role, such as arn:aws:iam::123456789012:role/courier',
  session: 'a name of 2 to 64 letters, digits and _+=,.@-',
} as const;

/**
 * The annotations with which the service account of a pod names its role for pulls, in order of precedence. The first
 * is read by Amazon's own provider; the second is the one of IRSA, which people set.
 */
export const roleAnnotations = ['eks.amazonaws.com/ecr-role-arn', 'eks.amazonaws.com/role-arn'] as const;
