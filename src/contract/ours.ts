/**
 * The prefixes of environment variables that belong to the courier or to the managers it knows. Keys and passwords are
 * among these variables. `npm run docs` writes the list from the adapters: whoever serves a pull must not load them.
 */
const prefixes: readonly string[] = [
  'ECR_COURIER_',
  'PORTAINER_',
  'HARBOR_',
  'CATTLE_',
  'RANCHER_',
  'SWARM_',
  'KUBERNETES_',
  'ARGOCD_',
  'DOCKER_CONFIG_',
  'HELPER_CACHE_',
];

/** The environment without these variables, for a program that a third party wrote. */
export const withoutManagers = (env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !prefixes.some(prefix => name.startsWith(prefix))));
