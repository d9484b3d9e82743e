/** The exports of `ecr-courier/testing`, for the tests of plug-ins. */
export { type Stage, type Suite, testAdapter } from './adapters/contract.ts';
export * from './fakes/server.ts';
