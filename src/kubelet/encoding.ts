import { looksLikeJson } from './decode.ts';

/** What the kubelet makes of the bytes of a file: a text, or the line at which it stops. */
type Text = { readonly text: string } | { readonly line: number };

/**
 * A byte order mark tells which encoding it is; without one it is UTF-8. The reader of YAML wants every byte to be of
 * it, and that of JSON takes what is not for U+FFFD. The mark stays: with one the kubelet reads no JSON.
 */
export function textOf(bytes: Buffer): Text {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  const lax = new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  if (encoding === 'utf-8' && looksLikeJson(lax)) return { text: lax };
  try {
    return { text: new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    const [before = ''] = lax.split('\uFFFD', 1);
    return { line: before.split('\n').length };
  }
}
