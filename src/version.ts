import packageJson from '../package.json' with { type: 'json' };

export const version: string = packageJson.version;

const { devDependencies } = packageJson;

/** The bundled packages that matter in a bug report, with their versions. */
export const parts: readonly (readonly [name: string, version: string])[] = (
  ['@aws-sdk/credential-providers', '@smithy/signature-v4', 'undici', 'pino', 'prom-client', 'convict', 'yaml', 'croner'] as const
).map(name => [name, devDependencies[name]]);

/** The URL of a documentation page at the release of this version: `docs/install.md`, with or without `#part`. */
export const docsUrl = (page: string): string => `https://github.com/ecr-courier/ecr-courier/blob/v${version}/${page}`;

/** The User-Agent header of all requests. */
export const userAgent = `ecr-courier/${version}`;
