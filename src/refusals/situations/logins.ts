import { isEcr, orUnsaid } from '../hosts.ts';
import { row, type Situation } from '../situation.ts';
import { ofLogins } from './pulled.ts';

/** Messages of clients about their files of logins. */
export const logins: readonly Situation[] = [
  row({
    id: 'logins-one-file-mount',
    title: 'The file of logins is mounted alone',
    symptoms: [
      [
        'Docker, crane, oras, skopeo in a container',
        'Error saving credentials: rename /root/.docker/config.json123 /root/.docker/config.json: device or resource busy',
      ],
    ],
    when: ({ find }) =>
      find(
        /(Error saving credentials: rename|rename .{0,120}?(docker|containers|helm)) ?.{0,200}?(config|auth)\.json.{0,60}device or resource busy/,
      ),
    tell: () => ({
      sentence: 'The file of logins is a mount of its own, so no program can replace it.',
      side: 'the mount of the container',
      remedy: 'Mount the directory, not the file.',
    }),
  }),
  row({
    id: 'keychain-refused',
    title: 'The keychain does not store the password',
    symptoms: [
      [
        'Docker on Windows',
        'Error saving credentials: error storing credentials - err: exit status 1, out: `error storing credentials - err: exit status 1, out: The stub received bad data.`',
      ],
      [
        'Docker on Linux',
        'Error saving credentials: error storing credentials - err: exit status 1, out: `pass not initialized: exit status 1: Error: password store is empty. Try "pass init".`',
      ],
      [
        'Docker Desktop',
        'Error saving credentials: error storing credentials - err: exit status 1, out: `Post "http://ipc/registry/credstore-updated": dial unix backend.sock: connect: no such file or directory`',
      ],
      [
        'Docker on macOS',
        'Error saving credentials: error storing credentials - err: exit status 1, out: `The specified item already exists in the keychain.`',
      ],
    ],
    when: ({ find }) => find(/error storing credentials/, orUnsaid(isEcr)),
    tell: () => ({
      sentence:
        'The login was good; the store that credsStore names did not take the password. Tokens of ECR are long (Windows takes 2,560 bytes).',
      side: 'the credential store of that user (credsStore in config.json)',
      remedy:
        'Use a credential helper for the ECR hosts (credHelpers), which stores nothing there, or remove credsStore. On Linux set up `pass`; on macOS delete the old entry in the keychain.',
    }),
  }),
  row({
    id: 'logins-broken',
    title: 'The file of logins is broken',
    symptoms: [
      ['Docker', 'WARNING: Error loading config file: /root/.docker/config.json: illegal base64 data at input byte 4'],
      ['crane', 'Error: parsing config file (/root/.docker/config.json): invalid auth configuration file'],
      [
        'oras',
        "Error: failed to decode auth field: invalid config format: auth 'QVdT' does not conform the base64(username:password) format",
      ],
      [
        'podman',
        'Error parsing the "auth" field of a credential entry "123456789012.dkr.ecr.eu-west-1.amazonaws.com" in "/run/containers/0/auth.json", missing semicolon',
      ],
      ['Docker', 'WARNING: Error loading config file: /root/.docker/config.json: EOF'],
    ],
    when: ({ find }) =>
      find(
        /(Error loading config file: \S{0,200}config\.json|(docker|containers|helm)\S{0,200}?(config|auth)\.json|dockerconfig).{0,160}?(illegal base64|invalid character|EOF\b|unexpected end)|(config|auth)\.json.{0,160}?illegal base64|invalid auth configuration file|does not conform the base64|"auth" field of a credential entry/,
      ),
    tell: () => ({
      sentence:
        'The file of logins cannot be read: it is not JSON, or the `auth` of an entry (of any host) is not a base64 of USER:PASSWORD in one line.',
      side: ofLogins,
      remedy:
        'Mend or remove the entry. One bad entry can take the logins of all other hosts away. `base64 -w0` makes one line. `ecr-courier check` with docker-config tells which entry it is.',
    }),
  }),
];
