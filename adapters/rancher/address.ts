/**
 * The parts of a configured address. `url` is the server, with the path prefix of a proxy. `version` begins every path
 * there.
 */
export interface Place {
  readonly url: string;
  readonly version: string;
  /** The id of the environment, where the address names one: 1a5. */
  readonly project: string | undefined;
}

/**
 * Parses every form in which this address is in use: the bare server, `/v1` (as Rancher injects it) or `/v2-beta`, with
 * or without `/projects/ID` (the endpoint that the user interface shows; without the id it is the environment of the
 * key), with `/schemas` or slashes at the end.
 */
export function placeOf(address: string): Place {
  const [bare = ''] = address.trim().split(/[?#]/);
  const [, url = bare, version = 'v2-beta', project] =
    /^(.*?)(?:\/+(v1|v2-beta))?(?:\/+projects(?:\/+([^/]+))?)?(?:\/+schemas)?\/*$/.exec(bare) ?? [];
  return { url, version, project };
}

/**
 * The beginning of a path. The environment in it counts only if something follows, so paths are made of this and
 * `/registries`.
 */
export const pathOf = ({ version }: Place, project: string | undefined): string =>
  `/${version}${project === undefined ? '' : `/projects/${encodeURIComponent(project)}`}`;
