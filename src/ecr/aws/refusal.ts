import type { Reply } from './wire.ts';

/**
 * A refusal as the SDK would throw it: the name that AWS gave it, its words, and the status. ECR speaks JSON, STS and
 * moto XML. Unknown: it is in neither form.
 */
export function refusalOf({ status, headers, text }: Reply): Error {
  const { name, message } = /^\s*</.test(text) ? fromXml(text) : fromJson(text, headers['x-amzn-errortype']);
  // AWS marks this one as worth another attempt.
  const passes = name?.startsWith('IDPCommunicationError');
  const facts = { name: name || 'Unknown', $metadata: { httpStatusCode: status }, ...(passes && { $retryable: {} }) };
  return Object.assign(new Error(message), facts);
}

interface Named {
  readonly name: string | undefined;
  readonly message: string;
}

function fromJson(text: string, header: string | string[] | undefined): Named {
  const { __type: type, code, message, Message } = parsed(text);
  const given = [type, code, header].find(one => typeof one === 'string');
  const words = [message, Message].find(one => typeof one === 'string');
  // `com.amazonaws.ecr#AccessDeniedException`, or with `:` and an address behind it.
  return { name: given?.split(/[,:]/)[0]?.split('#').at(-1), message: words ?? '' };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const fromXml = (text: string): Named => ({ name: elementOf(text, 'Code'), message: elementOf(text, 'Message') ?? '' });

/** The text of the first element of this name, which has no elements in it. */
export function elementOf(xml: string, name: string): string | undefined {
  const raw = new RegExp(`<${name}>([^<]{1,8192})</${name}>`).exec(xml)?.[1];
  return raw?.replaceAll(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, entity?: string) => {
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    return entity === undefined ? (code <= 0x10ffff ? String.fromCodePoint(code) : whole) : (entities[entity] ?? whole);
  });
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
