import type { Clock } from '../../src/contract/clock.ts';
import type { Credential } from '../../src/contract/credential.ts';
import type { Registry } from '../../src/contract/registry.ts';
import { managedBy, targetAnnotation } from '../kubernetes/names.ts';
import { normal, type Repository, typeLabel } from './repository.ts';

/**
 * The two kinds of sources that Argo CD reads from a registry, and how their URLs begin: Helm charts, whose URL has no
 * scheme, and since 3.1 all OCI artifacts. Credentials for one are none for the other, as Argo CD compares beginnings.
 */
export type Form = 'helm' | 'oci';
const members = { helm: { type: 'helm', enableOCI: 'true' }, oci: { type: 'oci' } } as const;

/** A `repo-creds` Secret that the courier makes, so that all repositories of a registry inherit its login. */
export interface Template {
  readonly name: string;
  readonly form: Form;
  readonly registry: Registry;
}

/** The templates for the wanted registries. Names are made of the host, so that rights can be limited to them. */
export const templatesFor = (wanted: readonly Registry[], forms: readonly Form[]): Template[] =>
  wanted.flatMap(registry => forms.map(form => ({ name: `ecr-courier-${form}-${registry.host}`, form, registry })));

/** The URL, which ends with a slash: without it, Argo CD would give the login to HOST.example.com as well. */
const urlOf = ({ form, registry }: Template): string => `${form === 'oci' ? 'oci://' : ''}${registry.host}/`;

/** Whether a Secret is there for all repositories of the template already. */
export const isCovered = (template: Template, all: readonly Repository[]): boolean =>
  all.some(({ kind, url }) => kind === 'repo-creds' && [urlOf(template), urlOf(template).slice(0, -1)].includes(normal(url)));

/** How long repositories wait for a template, in milliseconds. It may be that it is not to be made, or may not be. */
const patienceMs = 600_000;

/** Returns a function that finds the templates which are there, or have not been missing for long. */
export function makeHopes({ mono }: Pick<Clock, 'mono'>) {
  const missingSince = new Map<string, number>();
  return (templates: readonly Template[], all: readonly Repository[]): readonly Template[] => {
    const there = new Set(all.map(({ meta }) => meta.name));
    return templates.filter(({ name }) => {
      if (there.has(name)) missingSince.delete(name);
      else if (!missingSince.has(name)) missingSince.set(name, mono());
      return mono() - (missingSince.get(name) ?? mono()) < patienceMs;
    });
  };
}

/** Whether a repository is to inherit the login of a template, once that is there. */
export const isBelow = ({ url, login, kind }: Repository, templates: readonly Template[]): boolean =>
  kind === 'repository' && login === 'none' && templates.some(template => normal(url).startsWith(urlOf(template)));

export const loginData = ({ username, password }: Credential) => ({ username: encoded(username), password: encoded(password.reveal()) });

const encoded = (text: string): string => Buffer.from(text).toString('base64');

/** The body of the apply that makes a template. */
export function bodyOf(template: Template, credential: Credential, target: string): object {
  const said = Object.entries({ url: urlOf(template), ...members[template.form] }).map(([key, text]) => [key, encoded(text)]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: template.name,
      labels: { [typeLabel]: 'repo-creds', [managedBy.key]: managedBy.value },
      annotations: { [targetAnnotation]: target },
    },
    type: 'Opaque',
    data: { ...Object.fromEntries(said), ...loginData(credential) },
  };
}
