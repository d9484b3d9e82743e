import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** In bytes. One packet takes less than this, so that nothing is won. */
const smallest = 1400;

/** The body as it goes on the wire, in gzip where the client takes that. */
export async function encoded(body: string, accepts: string | undefined): Promise<{ bytes: Buffer; headers: Record<string, string> }> {
  const plain = Buffer.from(body);
  if (plain.length < smallest) return { bytes: plain, headers: {} };
  // No door shows a secret, so its length gives none away.
  const vary = { vary: 'accept-encoding' };
  if (!takesGzip(accepts)) return { bytes: plain, headers: vary };
  return { bytes: await compress(plain), headers: { ...vary, 'content-encoding': 'gzip' } };
}

/** Accept-Encoding of RFC 9110: gzip is named, or else `*`, and not with a weight of 0. */
export function takesGzip(accepts = ''): boolean {
  const weights = new Map(
    accepts
      .toLowerCase()
      .split(',')
      .map(part => {
        const [name = '', ...parameters] = part.split(';').map(text => text.trim());
        const weight = parameters.find(text => text.startsWith('q='));
        return [name, weight === undefined ? 1 : Number(weight.slice(2))] as const;
      }),
  );
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0;
}
