import http from 'node:http';

/**
 * The SDK, for the places of keys that need it: loading it takes longer than a whole call.
 * It asks metadata services by Node's own client, which NODE_USE_ENV_PROXY would send to a proxy, with the keys of the
 * machine in the answer; and it runs credential processes in a way of its own.
 */
export async function loadSdk(commandEnv: Readonly<NodeJS.ProcessEnv>): Promise<typeof import('./sdk.ts')> {
  http.globalAgent = new http.Agent();
  const [sdk, { useOwnCommands }] = await Promise.all([import('./sdk.ts'), import('./command.ts')]);
  useOwnCommands(commandEnv, sdk.externalDataInterceptor);
  return sdk;
}
