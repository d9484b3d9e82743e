/** Whether something may be written now. refused: the promise of `check`. lost: another courier may lead by now. */
export type Writes = 'allowed' | 'refused' | 'lost';

/** For sentences. */
export const whyNot: { readonly [K in Exclude<Writes, 'allowed'>]: string } = {
  refused: 'this command only reads',
  lost: 'another courier may lead by now',
};
