import { looksLikeJson } from './decode.ts';

/** The text that the kubelet decodes from the bytes of a file, or the line at which it stops. */
type Text = { readonly text: string } | { readonly line: number };

/**
 * Decodes the bytes of a file. A byte order mark tells the encoding; without one it is UTF-8. The YAML reader refuses
 * invalid bytes, and the JSON reader takes them for U+FFFD. The mark stays, because the kubelet reads no JSON behind
 * one.
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
