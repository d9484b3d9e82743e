import http from 'node:http';

/**
 * Loads the SDK for the places of keys that need it: loading takes longer than a whole call.
 * The SDK asks metadata services through Node's own client, which NODE_USE_ENV_PROXY would send to a proxy, with the
 * keys of the machine in the response; so the global agent is replaced. Credential processes are run in our way.
 */
export async function loadSdk(commandEnv: Readonly<NodeJS.ProcessEnv>): Promise<typeof import('./sdk.ts')> {
  http.globalAgent = new http.Agent();
  const [sdk, { useOwnCommands }] = await Promise.all([import('./sdk.ts'), import('./command.ts')]);
  useOwnCommands(commandEnv, sdk.externalDataInterceptor);
  return sdk;
}
