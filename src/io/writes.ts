/** Whether something may be written now. refused: the promise of `check`. lost: another courier may lead by now. */
export type Writes = 'allowed' | 'refused' | 'lost';

/** For sentences; undefined: it may be written. */
export const whyNot: { readonly [K in Writes]: string | undefined } = {
  allowed: undefined,
  refused: 'this command only reads',
  lost: 'another courier may lead by now',
};
