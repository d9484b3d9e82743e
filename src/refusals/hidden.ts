/** What a CI writes in the place of a secret: GitLab `[MASKED]`, others `[REDACTED]`; and what templates have. */
const masks = /\[(?:[A-Z]{1,20}[ _-])?(?:MASKED|REDACTED|HIDDEN|FILTERED|SECRET|REMOVED)\]|\$?\{\{? ?[A-Za-z_][\w. -]{0,40}\}?\}/gi;

/** Words in the place of a part of a name: `<account number>.dkr.ecr`, `repository/<my repo>`, `*removed*.dkr.ecr`. */
const phrases = /<(?=\w+ )[\w '-]{2,40}>(?=[.:/-])|(?<=[.:/-])<(?=\w+ )[\w '-]{2,40}>|(?<![*\w])\*[A-Za-z][\w '-]{1,40}\*(?=\.dkr[.-]ecr)/g;

/** With one mask for all that are in use: that of GitHub. */
export const withOneMask = (text: string): string => text.replaceAll(masks, '***').replaceAll(phrases, '***');

const mask = /\*{2,}|<[^<>\s]{1,60}>|(?<![A-Za-z0-9])x{3,}(?![A-Za-z0-9])/i;
const isAccount = (text: string): boolean => /^(?:\d{12}|aws|cloudfront)?$/.test(text);

/** An ARN in which words in capitals stand for what the text hides. The same where it hides nothing. */
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

/** Nothing is left of it. */
export const isAllHidden = (text: string): boolean => /^(?:\*{2,}|<[^<>\s]{1,60}>|x{3,})$/i.test(text);
