import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** The smallest body that is compressed, in bytes. A smaller one fits into one packet, so compression gains nothing. */
const smallest = 1400;

/** What is sent for a body. Replies that many clients share are encoded once. */
interface Coded {
  readonly plain: Buffer;
  gzip?: Promise<Buffer>;
}
const coded = new WeakMap<object, Coded>();

function codedOf(reply: { readonly body: string }): Coded {
  const known = coded.get(reply) ?? { plain: Buffer.from(reply.body) };
  coded.set(reply, known);
  return known;
}

/** The body of a reply as it is sent: compressed with gzip where the client accepts that. */
export async function encoded(
  reply: { readonly body: string },
  accepts: string | undefined,
): Promise<{ bytes: Buffer; headers: Record<string, string> }> {
  const known = codedOf(reply);
  const { plain } = known;
  if (plain.length < smallest) return { bytes: plain, headers: {} };
  // Compression cannot leak a secret through the length, because no door shows one.
  const vary = { vary: 'accept-encoding' };
  if (!takesGzip(accepts)) return { bytes: plain, headers: vary };
  return { bytes: await (known.gzip ??= compress(plain)), headers: { ...vary, 'content-encoding': 'gzip' } };
}

/** Evaluates Accept-Encoding (RFC 9110): gzip, or else `*`, must be listed with a weight other than 0. */
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
