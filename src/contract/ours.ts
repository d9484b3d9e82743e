/**
 * The prefixes of environment variables that belong to the courier or to the managers it knows. Keys and passwords are
 * among these variables. A test compares the list with the adapters.
 */
export const beginningsOfOurs: readonly string[] = [
  'ECR_COURIER_',
  'PORTAINER_',
  'HARBOR_',
  'CATTLE_',
  'RANCHER_',
  'KUBERNETES_',
  'DOCKER_CONFIG_',
  'HELPER_CACHE_',
  'SWARM_',
  'ARGOCD_',
];

/** The environment without these variables, for a program that a third party wrote. */
export const withoutManagers = (env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !beginningsOfOurs.some(start => name.startsWith(start))));
