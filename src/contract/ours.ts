/**
 * How the names of variables begin that are ours, or of the managers that we know: keys and passwords are among them.
 * A test compares them with the adapters.
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
];

/** Without these: for a program that somebody else wrote. */
export const withoutManagers = (env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !beginningsOfOurs.some(start => name.startsWith(start))));
