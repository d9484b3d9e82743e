import { isEcr, isRegistry, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';

const { host } = example;

/** Messages of Harbor about itself and its endpoints. */
export const harbor: readonly Situation[] = [
  row({
    id: 'harbor-read-only',
    title: 'Harbor is in read-only mode',
    symptoms: [['Harbor', '{"errors":[{"code":"DENIED","message":"The system is in read only mode. Any modification is prohibited."}]}']],
    when: ({ find }) => find(/system is in read.only mode\. Any modification is prohibited/),
    tell: () => ({
      sentence: 'Harbor is in read-only mode and takes no new password, whoever writes it.',
      side: 'the administrators of Harbor (Configuration > System Settings)',
      remedy: 'Switch the mode off before the present token ends; the courier goes on trying.',
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
];
