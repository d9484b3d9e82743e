import { isRegistry } from '../hosts.ts';
import { row, type Situation } from '../situation.ts';

/** Messages of managers, and of this program. */
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
    when: ({ find }) =>
      find(
        /"type"?: ?"?error\b.{0,160}"status"?: ?"?401\b.{0,80}must authenticate|"type"?: ?"?error\b.{0,40}"links"?: .{0,120}"status"?: ?"?401\b.{0,80}Unauthorized|Rancher answered 401/,
      ),
    tell: () => ({
      sentence:
        'Rancher does not know the key or token that was sent: it was deleted, has ended (90 days at most by default), or is for one cluster only. It has nothing to do with AWS.',
      side: 'the API key of Rancher with which the courier writes',
      remedy:
        'Make a new key without a scope (Account & API Keys) and put it where RANCHER_TOKEN_FILE points; the file is read again by itself.',
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
    id: 'key-missing',
    title: 'The file of a key is missing, empty or holds something else',
    symptoms: [
      ['ecr-courier', 'PORTAINER_API_KEY_FILE: /run/portainer/api-key (the API key of portainer) does not exist.'],
      ['ecr-courier, systemd', '/run/credentials/ecr-courier.service/portainer-api-key (the API key of portainer) is empty.'],
      [
        'ecr-courier',
        'HARBOR_PASSWORD_FILE: /run/harbor/harbor-password (the password of harbor) holds more than one line, or control characters.',
      ],
    ],
    when: ({ find }) =>
      find(
        /\/\S{1,500} \((the|a) [^()]{1,100}\) (does not exist|is empty|holds |is far too large)|\b(PORTAINER|HARBOR|RANCHER2?|CATTLE|KUBERNETES|ARGOCD|SWARM|ECR_COURIER|AWS)_\w{0,60}FILE: \S{1,500} (does not exist|is empty|is not there|holds )/,
      ),
    tell: () => ({
      sentence:
        'The file that should hold a key, an address or a token is not there, is empty or holds something else. The courier waits for it.',
      side: 'whoever puts the key there',
      remedy:
        'Create the key and put it alone into that file. In a container, the directory of the file must be mounted. Under systemd, put it into the file that LoadCredential names, and restart the unit.',
      paste: [
        {
          what: 'For the image (then paste the key, Enter, Ctrl-D)',
          kind: 'command',
          text: 'sudo install -m 400 -o 65532 /dev/stdin secrets/api-key',
        },
        {
          what: 'For systemd (then paste the key, Enter, Ctrl-D)',
          kind: 'command',
          text: "sudo sh -c 'umask 077; cat > /etc/ecr-courier/portainer-api-key' && sudo systemctl restart ecr-courier",
        },
      ],
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
      ['any', "EACCES: permission denied, open '/run/portainer/api-key'"],
      ['any', 'cat: secrets/api-key: Permission denied'],
    ],
    when: ({ find }) =>
      find(
        /may not be (read|written) by the user that the courier runs as|EACCES: permission denied, open '[^']{0,200}(\/api-key'|portainer|ecr-courier)|(\bapi-key|(portainer|ecr-courier)[^\s:]{0,100}): [Pp]ermission denied/,
      ),
    tell: () => ({
      sentence: 'The courier may not read the file of a key. It runs as a user of its own: in the image, as uid 65532.',
      side: 'owner and mode of the file on its host, and of the directories above it',
      remedy: 'Let that user read it. With a container mount the directory, and change the owner on the host.',
      paste: [{ what: 'For the image', kind: 'command', text: 'sudo chown 65532 secrets/api-key && sudo chmod 400 secrets/api-key' }],
    }),
  }),
];
