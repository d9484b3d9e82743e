/**
 * `npm run deb -- [--node FILE]`: the package for Debian, from what `npm run build` has made. FILE is bin/node of an
 * unpacked Node of nodejs.org; its licence lies beside `bin`.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { version } from '../src/version.ts';
import { makeDeb } from './debian.ts';

const { values } = parseArgs({ options: { node: { type: 'string', default: process.execPath } } });
const nodeLicence = resolve(values.node, '../../LICENSE');
process.stdout.write(`${makeDeb({ version, dist: 'dist', node: values.node, nodeLicence, to: '.' })}\n`);
