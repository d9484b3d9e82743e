/**
 * Masks of CI systems in place of a secret: GitLab `[MASKED]`, others `[REDACTED]`; and the placeholders of templates.
 */
const masks = /\[(?:[A-Z]{1,20}[ _-])?(?:MASKED|REDACTED|HIDDEN|FILTERED|SECRET|REMOVED)\]|\$?\{\{? ?[A-Za-z_][\w. -]{0,40}\}?\}/gi;

/**
 * Words in angle brackets or asterisks that replace a part of a name: `<account number>.dkr.ecr`, `repository/<my
 * repo>`, `*removed*.dkr.ecr`.
 */
const phrases = /<(?=\w+ )[\w '-]{2,40}>(?=[.:/-])|(?<=[.:/-])<(?=\w+ )[\w '-]{2,40}>|(?<![*\w])\*[A-Za-z][\w '-]{1,40}\*(?=\.dkr[.-]ecr)/g;

/** Replaces all of these masks by `***`, the mask of GitHub. */
export const withOneMask = (text: string): string => text.replaceAll(masks, '***').replaceAll(phrases, '***');

const mask = /\*{2,}|<[^<>\s]{1,60}>|(?<![A-Za-z0-9])x{3,}(?![A-Za-z0-9])/i;
const isAccount = (text: string): boolean => /^(?:\d{12}|aws|cloudfront)?$/.test(text);

/**
 * Returns the ARN with a placeholder in capitals for each part that the text masks; unchanged where nothing is masked.
 */
export function filledIn(arn: string): string {
  const [start = '', partition = '', service = '', region = '', account = '', ...rest] = arn.split(':');
  if (start !== 'arn' || rest.length === 0) return arn;
  const [first = '', ...names] = rest.join(':').split('/');
  return [
    start,
    mask.test(partition) ? 'aws' : partition,
    service,
    mask.test(region) ? 'REGION' : region,
    isAccount(account) ? account : 'ACCOUNT',
    [mask.test(first) ? first.replace(/[^:]*$/, 'NAME') : first, ...names.map(name => (mask.test(name) ? 'NAME' : name))].join('/'),
  ].join(':');
}

/** Whether the whole text is masked. */
export const isAllHidden = (text: string): boolean => /^(?:\*{2,}|<[^<>\s]{1,60}>|x{3,})$/i.test(text);
