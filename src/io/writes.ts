/**
 * Whether a write is allowed now. refused: `check` promises not to write. lost: another courier may be the leader by
 * now.
 */
export type Writes = 'allowed' | 'refused' | 'lost';

export const whyNot: { readonly [K in Exclude<Writes, 'allowed'>]: string } = {
  refused: 'this command only reads',
  lost: 'another courier may lead by now',
};
