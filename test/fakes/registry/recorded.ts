import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Content } from './content.ts';

/** The digests of the recorded image. */
export const digests = {
  manifest: 'sha256:558c99aa0c2feaf4785cae329dd32b3a37190e0ba522571eed6f159f450e98ff',
  config: 'sha256:d769e475074a63c9e350ff5d2980ac82c173f87c27a9ad900acb4eb8bfdff7e9',
  layer: 'sha256:3bcaf118191dcb7c23a1100fd32aca43e417a842e6dd88be11b265797f4a4b3b',
} as const;

const { blobs } = JSON.parse(readFileSync(join(import.meta.dirname, '../../contracts/registry.json'), 'utf8')) as {
  blobs: Readonly<Record<string, string>>;
};

/** A registry with that image as `team/app:1` and `team/app:latest`. */
export const recorded: Content = {
  repositories: { 'team/app': { 1: digests.manifest, latest: digests.manifest } },
  blobs: new Map(Object.entries(blobs).map(([digest, bytes]) => [digest, Buffer.from(bytes, 'base64')])),
};
