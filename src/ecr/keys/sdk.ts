/** What is taken of the AWS SDK. It is loaded by `providers.ts` and `shared.ts` when it is needed. */
export { fromHttp, fromIni, fromInstanceMetadata } from '@aws-sdk/credential-providers';
export { externalDataInterceptor, loadSharedConfigFiles } from '@smithy/core/config';
export { buildQueryString, HttpResponse } from '@smithy/core/protocols';
