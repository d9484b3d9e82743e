import { readFileSync } from 'node:fs';
import { docsUrl } from '../src/version.ts';

/** Files with links to our documents that are read outside the repository, so the links must name a version. */
const files = [
  'deploy/prometheus/ecr-courier.rules.yml',
  'deploy/prometheus/ecr-courier.rules.test.yml',
  'deploy/grafana/ecr-courier.json',
] as const;
type Versioned = (typeof files)[number];

const page = /https:\/\/github\.com\/ecr-courier\/ecr-courier\/blob\/[^/]+\/([\w./-]+)/g;

/** The text of a file, with links to the documents of this version. */
export const versioned = (path: Versioned): string =>
  readFileSync(new URL(`../${path}`, import.meta.url), 'utf8').replaceAll(page, (_, found: string) => docsUrl(found));

export const versionedFiles = (): [path: string, text: string][] => files.map(path => [path, versioned(path)]);
