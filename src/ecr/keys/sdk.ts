/** The parts of the AWS SDK that are used. `providers.ts` and `shared.ts` load them when they are needed. */
export { fromIni, fromInstanceMetadata } from '@aws-sdk/credential-providers';
export { externalDataInterceptor, loadSharedConfigFiles } from '@smithy/core/config';
export { buildQueryString, HttpResponse } from '@smithy/core/protocols';
