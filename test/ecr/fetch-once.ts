// One fetch in a process of its own, because the AWS client reads the environment of its process. Prints what came of it as JSON.
import { inspect } from 'node:util';
import { clock } from '../../src/contract/clock.ts';
import { asFailure } from '../../src/contract/failures.ts';
import { parseAddress } from '../../src/contract/registry.ts';
import { makeSources, type SourceSpec } from '../../src/ecr/source.ts';
import { awsDispatcher } from '../../src/io/http.ts';

const spec = JSON.parse(process.argv[2] ?? '{}') as Partial<SourceSpec>;
const registry = parseAddress('123456789012.dkr.ecr.eu-west-1.amazonaws.com')?.registry;
const [source] = makeSources([{ name: 'default', ...spec }], { dispatcher: awsDispatcher({ env: process.env }), clock }).all;
if (!source || !registry) throw new Error('no source');
try {
  await source.fetch(registry, new AbortController().signal);
  console.log(JSON.stringify({ code: 'ok', message: '', remedy: '', whole: '' }));
} catch (error) {
  const { code, message, remedy } = asFailure(error);
  console.log(JSON.stringify({ code, message, remedy, whole: inspect(error, { depth: 10, showHidden: true }) }));
}
process.exit();
