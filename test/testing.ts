/** What the tests of a plug-in may import: `ecr-courier/testing`. */
export { type Stage, type Suite, testAdapter } from './adapters/contract.ts';
export * from './fakes/server.ts';
