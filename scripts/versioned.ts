import { readFileSync } from 'node:fs';
import { docsUrl } from '../src/version.ts';

/** What leads to our documents and is read far from them, where only the version says which are meant. */
const files = [
  'deploy/prometheus/ecr-courier.rules.yml',
  'deploy/prometheus/ecr-courier.rules.test.yml',
  'deploy/grafana/ecr-courier.json',
] as const;
type Versioned = (typeof files)[number];

const page = /https:\/\/github\.com\/ecr-courier\/ecr-courier\/blob\/[^/]+\/([\w./-]+)/g;

/** The file, with links to the documents of this version. */
export const versioned = (path: Versioned): string =>
  readFileSync(new URL(`../${path}`, import.meta.url), 'utf8').replaceAll(page, (_, found: string) => docsUrl(found));

export const versionedFiles = (): [path: string, text: string][] => files.map(path => [path, versioned(path)]);
