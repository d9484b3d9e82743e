/** The name of a Lambda function: its name, a part of its ARN or all of it, with an optional version or alias. */
export interface FunctionName {
  /** The text that is passed to AWS. */
  readonly given: string;
  readonly name: string;
  /** Region and account, where the given name contains them. */
  readonly region?: string;
  readonly account?: string;
  /** A version, an alias, or `$LATEST`. */
  readonly qualifier?: string;
  /** The name in sentences: `the function ecr-token (alias live)`. */
  readonly shown: string;
}

/** The forms that the API takes (AWS, Lambda API reference, Invoke). */
export const functionForm =
  /^(?:(?:arn:aws[a-z-]*:lambda:(?<region>[a-z]{2,}(?:-[a-z]+)+-\d{1,2}):(?<owner>\d{12})|(?<account>\d{12})):function:)?(?<name>[A-Za-z0-9_-]{1,64})(?::(?<qualifier>\$LATEST(?:\.PUBLISHED)?|[A-Za-z0-9_-]{1,128}))?$/;

/** Parses the name of a function; undefined when it is invalid. */
export function functionNamed(given: string): FunctionName | undefined {
  const { region, owner, account = owner, name, qualifier } = functionForm.exec(given)?.groups ?? {};
  if (name === undefined) return undefined;
  const which = qualifier === undefined ? '' : ` (${/^\d+$/.test(qualifier) ? 'version' : 'alias'} ${qualifier})`;
  return {
    given,
    name,
    ...(region && { region }),
    ...(account && { account }),
    ...(qualifier && { qualifier }),
    shown: `the function ${name}${which}`,
  };
}
