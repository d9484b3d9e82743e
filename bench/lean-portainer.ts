import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** The number of characters kept of a password, enough to tell two apart. */
const tail = 12;

/**
 * A minimal Portainer that the adapter accepts: the list, and PUTs answered as by CE 2.43.0. It is for 100,000 rows,
 * where the fake of the tests would spend most of its time on comparing rows and storing long passwords.
 */
export async function startLeanPortainer(rows: number, hostOf: (id: number) => string) {
  const tails: string[] = [];
  let writes = 0;
  const shown = (Id: number) => ({ Id, Type: 3, Name: hostOf(Id), URL: hostOf(Id), Authentication: true, Username: 'AWS' });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const id = Number(/^\/api\/registries\/(\d+)$/.exec(request.url ?? '')?.[1]);
    if (request.method === 'PUT' && id <= rows) {
      const { Password } = JSON.parse(await text(request)) as { Password: string };
      tails[id] = Password.slice(-tail);
      writes++;
      return { ...shown(id), ...more };
    }
    if (request.url === '/api/registries') return Array.from({ length: rows }, (_, at) => ({ ...shown(at + 1), ...more }));
    response.statusCode = 404;
    return {};
  }

  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    void answer(request, response).then(body => response.end(JSON.stringify(body)));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get writes() {
      return writes;
    },
    holding: (password: string) => tails.filter(own => own === password.slice(-tail)).length,
  };
}

/** Further fields, so that a response is as long as a real one. */
const more = {
  BaseURL: '',
  ManagementConfiguration: {
    Type: 0,
    Authentication: false,
    Username: '',
    Password: '',
    TLSConfig: { TLS: true, TLSSkipVerify: false },
    Ecr: { Region: '' },
  },
  Gitlab: { ProjectId: 0, InstanceURL: '', ProjectPath: '' },
  Github: { UseOrganisation: false, OrganisationName: '' },
  Quay: { OrganisationName: '' },
  Ecr: { Region: '' },
  RegistryAccesses: null,
  UserAccessPolicies: null,
  TeamAccessPolicies: null,
  AuthorizedUsers: null,
  AuthorizedTeams: null,
};
