import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const composeFile = join(import.meta.dirname, '../../docker-compose.yml');

/** The service of the courier in docker-compose.yml. */
export interface Service extends Readonly<Record<string, unknown>> {
  readonly image: string;
  /** NAME=value; NAME=${NAME:-value}, the outside value or else this default; or NAME alone, the outside value. */
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

/** Returns the variables of the courier's container, where `outside` stands for the shell and the file .env. */
export function environment(outside: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    courier.environment.flatMap(line => {
      const [, name = '', value] = /^(\w+)(?:=(.*))?$/.exec(line) ?? [];
      const text = value?.replace(/^\$\{(\w+):-(.*)\}$/, (_, other: string, unless: string) => outside[other] || unless) ?? outside[name];
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

/** The path in the container of the folder with the key. */
export const secretsFolder = courier.volumes.map(volume => volume.split(':')).find(([source]) => source === './secrets')?.[1] ?? '';
