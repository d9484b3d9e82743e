import { misfit, saidOf } from '../../adapters/docker-config/types.ts';
import { isMap } from '../contract/shapes.ts';
import { shownAddress } from '../contract/text.ts';
import type { Client } from './client.ts';
import type { Sent } from './entry.ts';
import { named, type Pair, pairsIn, valueIn } from './reading.ts';

/** What a client does with an entry of a wrong type. undefined: its type is right. */
export function ofWrongType({ name: key, json }: Pair, client: Client): Sent | undefined {
  const { types } = client;
  if (json === 'null') return types.nullEntry === 'is empty' ? undefined : stopped(`the entry ${shownAddress(key)} is null`, client);
  if (!isMap(JSON.parse(json)))
    return types.noMapEntry === 'is empty' ? undefined : stopped(`the entry ${shownAddress(key)} is not a map`, client);
  const { entry: names, twice, replaced } = client.json;
  const pairs = pairsIn(json).map(pair => ({
    ...pair,
    known: Object.keys(types.entry).find(name => named([pair], name, names).length > 0),
  }));
  const unknown = types.unknown === 'is wrong' ? pairs.find(({ known }) => known === undefined) : undefined;
  if (unknown) return stopped(`the entry ${shownAddress(key)} has a member that it does not know`, client);
  const counted = pairs.filter(({ known }) => known !== undefined);
  const again = twice === 'fails' ? counted.find(({ known }, at) => counted.findIndex(one => one.known === known) < at) : undefined;
  if (again) return stopped(`the entry ${shownAddress(key)} has \`${again.known}\` twice`, client);
  const isLast = ({ known }: (typeof counted)[number], at: number): boolean => counted.findLastIndex(one => one.known === known) === at;
  const wrong = misfit(
    (names === 'folded' || replaced === 'matters' ? counted : counted.filter(isLast)).map(pair => [pair.known ?? '', valueIn(pair)]),
    types.entry,
  );
  return wrong && stopped(`the entry ${shownAddress(key)} ${saidOf(wrong)}`, client);
}

/** What a client does with a value of a wrong type. */
export function stopped(why: string, { types, nothing }: Pick<Client, 'types' | 'nothing'>): Sent {
  if (types.wrong === 'undecoded') return { kind: 'undecoded', why: `${why}: it decodes no \`auth\` of the file` };
  return { kind: types.wrong === 'fails' ? 'fails' : nothing, why };
}
