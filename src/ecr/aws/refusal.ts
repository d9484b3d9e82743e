import { jsonMapIn } from '../../contract/shapes.ts';
import type { Reply } from './wire.ts';

/**
 * The error response as the SDK would throw it: AWS's name for it, its message, and the status. ECR answers in JSON,
 * STS and moto in XML. The name is Unknown for any other form.
 */
export function refusalOf({ status, headers, text }: Reply): Error {
  const { name, message } = /^\s*</.test(text) ? fromXml(text) : fromJson(text, headers['x-amzn-errortype']);
  // AWS marks this error as retryable.
  const passes = name?.startsWith('IDPCommunicationError');
  const facts = { name: name || 'Unknown', $metadata: { httpStatusCode: status }, ...(passes && { $retryable: {} }) };
  return Object.assign(new Error(message), facts);
}

interface Named {
  readonly name: string | undefined;
  readonly message: string;
}

function fromJson(text: string, header: string | string[] | undefined): Named {
  const { __type: type, code, message, Message } = jsonMapIn(text);
  const given = [type, code, header].find(one => typeof one === 'string');
  const words = [message, Message].find(one => typeof one === 'string');
  // Such as `com.amazonaws.ecr#AccessDeniedException`, or with `:` and an address appended.
  return { name: given?.split(/[,:]/)[0]?.split('#').at(-1), message: words ?? '' };
}

const fromXml = (text: string): Named => ({ name: elementOf(text, 'Code'), message: elementOf(text, 'Message') ?? '' });

/** The decoded text of the first element of this name that has no child elements. */
export function elementOf(xml: string, name: string): string | undefined {
  const raw = new RegExp(`<${name}>([^<]{1,8192})</${name}>`).exec(xml)?.[1];
  return raw?.replaceAll(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, entity?: string) => {
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    return entity === undefined ? (code <= 0x10ffff ? String.fromCodePoint(code) : whole) : (entities[entity] ?? whole);
  });
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
