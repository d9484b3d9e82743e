import { isEcr, isRegistry, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';

const { host } = example;

/** What managers say, and this program itself. */
export const managers: readonly Situation[] = [
  row({
    id: 'portainer-key',
    title: 'Portainer does not accept the key',
    symptoms: [
      ['Portainer', '{"message":"Invalid JWT token","details":"Invalid JWT token"}'],
      ['ecr-courier', 'Portainer does not accept this user name and password.'],
    ],
    when: ({ find }) => find(/Invalid JWT token.{0,12}details|portainer.{0,200}Invalid JWT token|Portainer does not accept this/),
    tell: () => ({
      sentence: 'Portainer does not know the key (or the login) that was sent. It has nothing to do with AWS.',
      side: 'the access token of the Portainer user with which the courier writes',
      remedy:
        'Make an access token as an administrator (My account > Access tokens) and put it where PORTAINER_API_KEY_FILE points; the file is read again by itself.',
    }),
  }),
  row({
    id: 'portainer-denied',
    title: 'Portainer lets the key do less',
    symptoms: [
      ['Portainer', '{"message":"Access denied to resource","details":"Unauthorized"}'],
      ['Portainer, after ten logins in a row', '{"message":"Access denied","details":"Access denied to resource"}'],
      ['Portainer', '{"message":"Permission denied to access environment","details":"Access denied to environment"}'],
    ],
    when: ({ find }) =>
      find(/"message"?: ?"?.{0,200}details"?: ?.{0,200}(Access denied|Unauthorized)|portainer.{0,200}Access denied/) &&
      find(/Access denied to (resource|environment)/),
    tell: () => ({
      sentence:
        'Portainer knows the user and does not let him do this: writing registries needs an administrator. The same words come after too many logins in a row. It has nothing to do with AWS.',
      side: 'the role of the Portainer user whose key is used',
      remedy: 'Use the access token of an administrator. After too many logins wait for some minutes; access tokens are not counted.',
    }),
  }),
  row({
    id: 'rancher-key',
    title: 'Rancher does not accept the key',
    symptoms: [
      ['Rancher 2', '{"type":"error","status":"401","message":"must authenticate"}'],
      [
        'Rancher 1.6',
        '{"id":"5c1","type":"error","links":{},"actions":{},"status":401,"code":"Unauthorized","message":"Unauthorized","detail":null}',
      ],
      ['ecr-courier', 'Rancher answered 401: it wants a key, and none is given.'],
    ],
    when: ({ find }) => find(/"type"?: ?"?error\b.{0,160}"status"?: ?"?401\b.{0,80}(must authenticate|Unauthorized)|Rancher answered 401/),
    tell: () => ({
      sentence:
        'Rancher does not know the key or token that was sent: it was deleted, has ended (90 days at most by default), or is for one cluster only. It has nothing to do with AWS.',
      side: 'the API key of Rancher with which the courier writes',
      remedy:
        'Make a new key without a scope (Account & API Keys) and put it where RANCHER_TOKEN_FILE points; the file is read again by itself.',
    }),
  }),
  row({
    id: 'harbor-read-only',
    title: 'Harbor is in read-only mode',
    symptoms: [['Harbor', '{"errors":[{"code":"DENIED","message":"The system is in read only mode. Any modification is prohibited."}]}']],
    when: ({ find }) => find(/system is in read.only mode/),
    tell: () => ({
      sentence: 'Harbor is in read-only mode and takes no new password, whoever writes it.',
      side: 'the administrators of Harbor (Configuration > System Settings)',
      remedy: 'Switch the mode off before the present token ends; the courier goes on trying.',
    }),
  }),
  row({
    id: 'no-source',
    title: 'No source of the configuration serves a registry',
    symptoms: [
      ['ecr-courier', 'No source serves 444455556666.dkr.ecr.eu-west-1.amazonaws.com.'],
      ['ecr-courier', 'No source of the configuration serves 444455556666.dkr.ecr.eu-west-1.amazonaws.com.'],
    ],
    when: ({ find }) => find(/No source (of the configuration )?serves/, isRegistry),
    tell: ({ host: at }) => ({
      sentence: `No source serves ${at}: the courier fetches no token for it, and leaves alone what others hold for it.`,
      side: 'the configuration of the courier (`sources`)',
      remedy:
        'Add the account to `accounts` of a source, or the host to its `registries`, or a source without both, which serves all. `check IMAGE --source NAME` tries one all the same.',
    }),
  }),
  row({
    id: 'portainer-namespace',
    title: 'Portainer keeps access for a namespace that is gone',
    symptoms: [
      [
        'Portainer',
        '{"message":"Unable to update access to registry","details":"Failed saving secret: namespaces \\"team-b\\" not found"}',
      ],
    ],
    when: ({ find }) => find(/Unable to update access to registry|Failed saving secret: namespaces/),
    tell: () => ({
      sentence:
        'Portainer could not write the pull secret into a namespace that has access to this registry, mostly because the namespace was deleted. It keeps the old password then.',
      side: 'the access that the registry has in that environment of Portainer',
      remedy:
        'Remove the namespace from the access of the registry (environment, Registries, Manage access), or make it again. The next write of the courier succeeds then.',
    }),
  }),
  row({
    id: 'portainer-header',
    title: 'The login that was handed through Portainer cannot be read',
    symptoms: [
      ['Portainer', '{"message":"Unable to proxy the request via the Docker socket","details":"illegal base64 data at input byte 24"}'],
      ['Docker Engine API', 'invalid X-Registry-Auth header: must be a valid base64url-encoded string'],
    ],
    when: ({ find }) => find(/invalid X-Registry-Auth header|Unable to proxy the request via the Docker socket.{0,120}base64/),
    tell: () => ({
      sentence: 'The header X-Registry-Auth is not base64 in the form that the engine takes: URL alphabet, with padding.',
      side: 'the program that calls the API',
      remedy: 'Encode the JSON with the URL alphabet and keep the = at its end.',
    }),
  }),
  row({
    id: 'harbor-unhealthy',
    title: 'Harbor cannot use the endpoint',
    symptoms: [
      ['Harbor', '{"errors":[{"code":"BAD_REQUEST","message":"the registry is unhealthy"}]}'],
      [
        'Harbor',
        '{"errors":[{"code":"BAD_REQUEST","message":"health check to registry https://123456789012.dkr.ecr.eu-west-1.amazonaws.com failed"}]}',
      ],
    ],
    when: ({ find }) =>
      find(/(BAD_REQUEST|harbor).{0,120}the registry is unhealthy/, orUnsaid(isEcr)) ?? find(/health check to registry/, isEcr),
    tell: () => ({
      sentence:
        'Harbor tried the endpoint with the login that it was given, and the registry did not answer well: a wrong or old token, a wrong address, or no way there from Harbor. Harbor says the same for all.',
      side: 'the endpoint in Harbor (Administration > Registries), or the network between Harbor and ECR',
      remedy: 'The log of harbor-core has the reason (`http status code: 401` and so on): put that line into `ecr-courier why`.',
    }),
  }),
  row({
    id: 'harbor-scheme',
    title: 'An old Harbor does not know how ECR wants its login',
    symptoms: [
      ['Harbor 1', `failed to ping registry: schemes [{basic map[realm:https://${host}/ service:ecr.amazonaws.com]}] are unsupportted`],
    ],
    when: ({ find }) => find(/schemes \[\{basic map\[.{1,300}\] are unsupport?ted/, isEcr),
    tell: () => ({
      sentence:
        'Harbor asks this registry as one that gives bearer tokens, and ECR takes user and password with each request (Basic). The login was not judged.',
      side: 'the endpoint in Harbor: its provider, and the version of Harbor',
      remedy: 'Make the endpoint anew with the provider "AWS ECR" (Harbor 1.9 and later), and update Harbor.',
    }),
  }),
  row({
    id: 'harbor-replication',
    title: 'Harbor is refused by the registry',
    symptoms: [
      ['Harbor (log of core and jobservice)', `failed to ping registry https://${host}: http status code: 401, body: Not Authorized`],
      ['Harbor (replication)', `failed to fetch the manifest of ${host}/team/app: http error: code 403, message`],
    ],
    when: ({ find }) => find(/http status code: ?40[13]|http error: code 40[13]/, isRegistry),
    tell: ({ host: at }) => ({
      sentence: `${at} refused the login that Harbor keeps for its endpoint: 401 is a token that is too old or wrong, 403 a statement that is missing.`,
      side: 'the endpoint in Harbor, or the policies of the identity that fetched the token',
      remedy:
        'Let the courier renew it (`ecr-courier status`), then run the replication again. For 403, `ecr-courier check IMAGE` names the statement.',
      paste: [{ what: 'Ask with GET', kind: 'command', text: `ecr-courier check ${at}/NAME:TAG` }],
    }),
  }),
  row({
    id: 'key-file',
    title: 'The courier cannot read a key file',
    symptoms: [
      [
        'ecr-courier',
        '/run/portainer/api-key may not be read by the user that the courier runs as (uid 65532): it belongs to uid 0 (mode 600)',
      ],
      ['ecr-courier', 'PORTAINER_API_KEY_FILE: /run/portainer/api-key is not there'],
      ['any', "EACCES: permission denied, open '/run/portainer/api-key'"],
    ],
    when: ({ find }) =>
      find(
        /may not be (read|written) by the user that the courier runs as|(PORTAINER|HARBOR|RANCHER|CATTLE|ECR_COURIER)_\w+_FILE: |EACCES: permission denied, open '[^']{0,200}(api-key|portainer|ecr-courier)/,
      ),
    tell: () => ({
      sentence:
        'The courier may not read a file that holds a key, or the file is not there: it runs as a user of its own (in the image uid 65532).',
      side: 'owner and mode of the file on its host, and of the directories above it',
      remedy: 'Let that user read it. With a container mount the directory, and change the owner on the host.',
      paste: [{ what: 'For the image', kind: 'command', text: 'sudo chown 65532 secrets/api-key && sudo chmod 400 secrets/api-key' }],
    }),
  }),
];
