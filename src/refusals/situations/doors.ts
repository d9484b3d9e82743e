import type { Facts, Place } from '../facts.ts';
import { isPrivate } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { isAsked, keeper, login } from './pulled.ts';
import { words, wordsBehind } from './ways.ts';

const { host } = example;
/** A 403 to `GET /v2/`, the only request of a login. */
const ofDoor =
  /login attempt to \S{1,200} failed with status: 403|(GET|Head|Get) "?https:\/\/[^\s"/]{1,200}\/v2\/"?: .{0,60}(\b403 Forbidden|status code 403)|403 Forbidden from https:\/\/[^\s"/]{1,200}\/v2\/(?!\w)/;
/** The first request of podman, skopeo and buildah, which has no login. */
const ping = /pinging container registry .{1,200}?(403 \(Forbidden\)|StatusCode: 403|\b403 Forbidden)/;

function ofLogin(facts: Facts): Place | boolean | undefined {
  if (isAsked(facts)) return facts.status === 403 && facts.action === 'none' && !facts.find(words);
  return facts.find(wordsBehind, isPrivate) ? undefined : (facts.find(ping, isPrivate) ?? facts.find(ofDoor, isPrivate));
}

/** Refusals at `GET /v2/`, the request that checks a login. */
export const doors: readonly Situation[] = [
  row({
    id: 'login-forbidden',
    title: 'A login is refused with 403',
    symptoms: [
      ['Docker', `Error response from daemon: login attempt to https://${host}/v2/ failed with status: 403 Forbidden`],
      [
        'Argo CD, Helm',
        `error logging into OCI registry: failed to login: \`helm registry login ${host} --username AWS --password ****** failed exit status 1: Error: login attempt to https://${host}/v2/ failed with status: 403 Forbidden`,
      ],
      ['Helm, oras', `Error: GET "https://${host}/v2/": response status code 403: Forbidden`],
      ['crane', `Error: GET https://${host}/v2/: unexpected status code 403 Forbidden`],
      [
        'podman, skopeo',
        `Error: authenticating creds for "${host}": pinging container registry ${host}: invalid status code from registry 403 (Forbidden)`,
      ],
    ],
    when: ofLogin,
    tell: told => {
      const isPing = told.facts.find(ping) !== undefined;
      const first = isPing
        ? `${told.host} answered the first question of the client with 403. That question carries no login, and ECR answers it with 401.`
        : `${told.host} refuses the login with 403. A login asks GET /v2/ alone, which needs no action of IAM: so no statement of a policy for repositories or registries is missing.`;
      const causes = isPing ? '' : 'the token is too old, cut short or of another region, or ';
      return {
        sentence: `${first} What is left: ${causes}somebody on the way refuses, such as the policy of a VPC endpoint, a proxy or a firewall.`,
        side: isPing
          ? 'the way to ECR: VPC endpoint policy, proxy, firewall'
          : `${keeper}; or the way to ECR: VPC endpoint policy, proxy, firewall`,
        remedy: isPing
          ? 'Look who answers. If it is not a proxy, look at the policy of the VPC endpoint for ecr.dkr: `ecr-courier policy pull IMAGE --part endpoint` prints one.'
          : 'Log in again with a token of the region in the name of the registry. If a new one is refused as well, look who answers, and at the policy of the VPC endpoint for ecr.dkr: `ecr-courier policy pull IMAGE --part endpoint` prints one.',
        paste: [
          ...(isPing ? [] : [login(told)]),
          { what: 'Who answers: ECR says 401 and `Basic realm`', kind: 'command', text: `curl -si https://${told.host}/v2/ | head` },
        ],
      };
    },
  }),
];
