/**
 * A remark on a configuration. `stops`: the kubelet does not start. `never`: it starts, and something in it never
 * works. `note`: it works, though perhaps not as expected.
 */
export interface Remark {
  readonly level: 'stops' | 'never' | 'note';
  /** FILE, or FILE:LINE:COLUMN. */
  readonly where: string;
  /** The field, as `providers[0].name`; empty when it is about the file. */
  readonly path: string;
  readonly text: string;
}
