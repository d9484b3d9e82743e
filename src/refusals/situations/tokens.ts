import type { Facts, Place } from '../facts.ts';
import { isEcr, isPrivate, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { keeper, login } from './pulled.ts';

const { host, image } = example;

const region = String.raw`[a-z]{2}[a-z-]{3,20}-\d`;
const asksToken = String.raw`get-login(-password)? [^\n|]{0,80}--region[ =](?<region>${region})\b`;
const untilRegistry = String.raw`(?:(?!dkr[.-]ecr)[^\n]){0,300}dkr[.-]ecr(-fips)?\.`;
/** A command line that sends a token of one region to a registry of another. */
const toOther = new RegExp(`${asksToken}${untilRegistry}(?!\\k<region>\\b)(?<at>${region})\\.`);
const toUnsaid = new RegExp(`${asksToken}(?!${untilRegistry})`);
const severalLogins = /get-login[^]{0,4000}get-login/;

/**
 * Finds a login with a token of another region. A text may contain logins for several regions: each is compared with
 * its own registry.
 */
function otherRegion({ find, registry: at }: Facts): Place | undefined {
  const other = find(toOther, isPrivate);
  if (other || at?.service !== 'ecr' || find(severalLogins)) return other;
  const asked = find(toUnsaid);
  const of = asked?.groups['region'];
  if (of === undefined || of === at.region) return undefined;
  return find(/dkr[.-]ecr/, host => host?.includes(`.${of}.`) === true) ? undefined : asked;
}

/** Failures of tokens that have expired or belong to another region. */
export const tokens: readonly Situation[] = [
  row({
    id: 'token-expired',
    title: 'The token is too old, or of another region',
    symptoms: [
      ['Docker', 'Error response from daemon: denied: Your authorization token has expired. Reauthenticate and try again.'],
      [
        'kubelet',
        `Failed to pull image "${image}": rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: server message: denied: Your authorization token has expired. Reauthenticate and try again.`,
      ],
      ['any', '{"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}'],
    ],
    // Other registries use the short form for their own tokens.
    when: ({ find }) =>
      find(/authorization token has expired/, isEcr) ??
      find(
        /(denied: |DENIED\W{1,40}message\W{1,10})Your authorization token has expired|Your authorization token has expired\. (Reauthenticate|Please run '?aws ecr)/,
        orUnsaid(isEcr),
      ) ??
      // Nothing but these words: a user asks about the core of a message.
      find(/^\W*(?:your )?authorization token has expired\W*$/i, orUnsaid(isEcr)),
    tell: told => ({
      sentence: `The password that was sent to ${told.host} is an ECR token that it does not take: its twelve hours are over, or it is of another region, of which ECR says the same.`,
      side: keeper,
      remedy:
        'Log in again now, for the region in the name of the registry. Right after a login it is mostly one for another region. So that it does not come back, let ecr-courier or its credential helper keep the login fresh; if it does already, `ecr-courier status` tells what failed.',
      paste: [login(told)],
    }),
  }),
  row({
    id: 'other-region',
    title: 'Logged in for another region',
    symptoms: [
      [
        'Docker, with its command line',
        `$ aws ecr get-login-password --region us-east-1 | docker login --username AWS --password-stdin ${host}\nError response from daemon: login attempt to https://${host}/v2/ failed with status: 400 Bad Request`,
      ],
    ],
    when: otherRegion,
    tell: told => ({
      sentence: `The token was asked for in ${told.groups['region']}, and the registry is in ${told.groups['at'] ?? told.facts.registry?.region}: a token is good for the registries of its own region only.`,
      side: 'the command or script that logs in',
      remedy: 'Name the region that stands in the name of the registry.',
      paste: [login(told)],
    }),
  }),
];
