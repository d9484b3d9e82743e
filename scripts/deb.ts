/**
 * `npm run deb -- --node FILE`: makes the Debian package from the output of `npm run build`. FILE is bin/node of an
 * unpacked Node of nodejs.org, whose licence is beside `bin`.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { version } from '../src/version.ts';
import { makeDeb } from './debian.ts';

const { node = '' } = parseArgs({ options: { node: { type: 'string' } } }).values;
const nodeLicence = resolve(node, '../../LICENSE');
const wrong = [node, nodeLicence].filter(path => !existsSync(path));
if (wrong.length > 0) {
  const lacks = node === '' ? '' : `There is no ${wrong.join(', and no ')}.\n`;
  process.stderr.write(`${lacks}usage: npm run deb -- --node PATH: bin/node of a Node that was unpacked from nodejs.org\n`);
  process.exitCode = 2;
} else {
  try {
    process.stdout.write(`${makeDeb({ version, dist: 'dist', node, nodeLicence, to: '.' })}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
