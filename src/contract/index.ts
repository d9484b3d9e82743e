/** The public API for plug-ins: `ecr-courier/adapter`. */
export * from './adapter.ts';
export type { Clock } from './clock.ts';
export * from './credential.ts';
export { expirationIn } from './expiry.ts';
export { Failure, type FailureCode } from './failures.ts';
export type * from './files.ts';
export type * from './http.ts';
export type { Memory } from './memory.ts';
export type { Address, Registry } from './registry.ts';
export { Secret } from './secret.ts';
export type * from './target.ts';
export { isHtml, label, quote } from './text.ts';
export * from './usual.ts';
