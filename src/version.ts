import packageJson from '../package.json' with { type: 'json' };

/** Of this package. */
export const version: string = packageJson.version;

const { devDependencies } = packageJson;

/** The packages that are bundled and matter in a bug report, with their versions. */
export const parts: readonly (readonly [name: string, version: string])[] = (
  ['@aws-sdk/credential-providers', '@smithy/signature-v4', 'undici', 'pino', 'prom-client', 'convict', 'yaml', 'croner'] as const
).map(name => [name, devDependencies[name]]);

/** A page of the documentation as it was when this version was released: `docs/install.md`, with `#part` or without. */
export const docsUrl = (page: string): string => `https://github.com/ecr-courier/ecr-courier/blob/v${version}/${page}`;

/** How we call ourselves to servers. */
export const userAgent = `ecr-courier/${version}`;
