import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const composeFile = join(import.meta.dirname, '../../docker-compose.yml');

/** What docker-compose.yml says of the courier. */
export interface Service extends Readonly<Record<string, unknown>> {
  readonly image: string;
  /** NAME=value, NAME=${NAME:-value}: as it is outside, else the value; or NAME alone: as it is outside. */
  readonly environment: readonly string[];
  /** source:target[:mode] */
  readonly volumes: readonly string[];
  readonly user: string;
}

interface Compose {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>> & { readonly 'ecr-courier': Service };
  readonly secrets?: unknown;
}

export const compose = parse(readFileSync(composeFile, 'utf8')) as Compose;
export const courier = compose.services['ecr-courier'];

/** The variables of the courier's container, where `outside` is the shell and the file .env. */
export function environment(outside: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    courier.environment.flatMap(line => {
      const [, name = '', value] = /^(\w+)(?:=(.*))?$/.exec(line) ?? [];
      const text = value?.replace(/^\$\{(\w+):-(.*)\}$/, (_, other: string, unless: string) => outside[other] || unless) ?? outside[name];
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

/** Where the folder with the key is in the container. */
export const secretsFolder = courier.volumes.map(volume => volume.split(':')).find(([source]) => source === './secrets')?.[1] ?? '';
