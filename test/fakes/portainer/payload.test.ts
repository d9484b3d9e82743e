import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from './payload.ts';
import { Refusal } from './refusal.ts';

const fields = {
  Name: 'string',
  Type: 'int',
  Ecr: { go: 'portainer.EcrData', fields: { Region: 'string' } },
  Namespaces: '[]string',
} as const;

function detailsOf(body: string): unknown {
  try {
    decode(Buffer.from(body), 'p.Payload', fields);
  } catch (error) {
    if (error instanceof Refusal) return (error.reply.json as { details: string }).details;
    throw error;
  }
  return undefined;
}

/** Recorded errors of Portainer 2.43.0. */
const refusals: Record<string, string> = {
  '': 'EOF',
  '{"Name":nul': 'Unexpected EOF',
  '{"Name":1e': 'Unexpected EOF',
  '{"Name":trux}': "Json: expected 'true' but found invalid token: trux}",
  "{'Name':1}": `Json: expected '"' at the beginning of a string value: 'Name':1}`,
  '{"Name":"x",}': 'Json: unexpected trailing comma after object field: }',
  '{"Name":"\\x"}': `Json: invalid character 'x' in string escape code: "\\x"}`,
  '{"Name":01}': "Json: expected ',' after object field value but found '1': 1}",
  '{"Name":1.}': "Json: expected digit but found '}': 1.}",
  é: "Json: invalid character 'Ã' looking for beginning of value: é",
  '[]': 'Json: cannot unmarshal "[]" into Go value of type p.Payload',
  '{"name":1}': 'Json: cannot unmarshal "1}" into Go struct field p.Payload.name of type string',
  '{"Type":1.5}': 'Json: cannot unmarshal "1.5" into Go struct field p.Payload.Type of type int',
  '{"Ecr":{"Region":1}}': 'Json: cannot unmarshal "1}}" into Go struct field p.Payloadportainer.EcrData.Ecr.Region of type string',
  '{"Namespaces":[1]}': 'Json: cannot unmarshal "1]}" into Go struct field p.Payload[]string.Namespaces.0 of type string',
};

test('Portainer says what its decoder does not take', () => {
  for (const [body, details] of Object.entries(refusals)) assert.equal(detailsOf(body), details, body);
});

test('Portainer takes names in any case, the last of doubled ones, null as absent, and what stands behind', () => {
  const body = '{"NAME":"a","name":"b","Type":null,"other":[{}],"ecr":{"region":"r"}} x';
  assert.deepEqual(decode(Buffer.from(body), 'p', fields), { Name: 'b', Ecr: { Region: 'r' } });
});
