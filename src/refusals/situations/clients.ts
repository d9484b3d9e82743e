import type { Paste } from '../diagnosis.ts';
import { isEcr, isRegistry, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { login } from './pulled.ts';
import { askedLast } from './ways.ts';

const { host, image } = example;
const newLogin: Paste = {
  what: 'Give the service a new login',
  kind: 'command',
  text: 'docker service update --with-registry-auth SERVICE',
};

/** Messages of registry clients about their own files, helpers and arguments. */
export const clients: readonly Situation[] = [
  row({
    id: 'login-without-password',
    title: '`docker login` got no password',
    symptoms: [
      ['Docker', 'Error: Cannot perform an interactive login from a non TTY device'],
      ['Docker', 'Error: Password Required'],
    ],
    when: ({ find }) => find(/Cannot perform an interactive login from a non.?TTY device|Error: Password Required/, orUnsaid(isEcr)),
    tell: told => ({
      sentence: '`docker login` got no password: --password-stdin is missing, or the command before the pipe failed and wrote nothing.',
      side: 'the script that logs in',
      remedy:
        'Run the first command alone and read its error, which `ecr-courier why` can explain. Let the script end at the first failure (`set -o pipefail`).',
      paste: [login(told)],
    }),
  }),
  row({
    id: 'terraform-login',
    title: 'Terraform has no login for the registry to which it pushes',
    symptoms: [
      [
        'Terraform, docker provider',
        `Error: resourceDockerRegistryImageCreate: Unable to get authConfig for registry: no auth config found for registry ${host} in auth configs: map[string]types.AuthConfig(nil)`,
      ],
    ],
    when: ({ find }) => find(/Unable to get authConfig for registry|no auth config found for registry/, isRegistry),
    tell: ({ host: at }) => ({
      sentence: `The Docker provider of Terraform has no login for ${at}, so the registry was not asked at all.`,
      side: 'the configuration of that provider, or its alias: a module takes the one that it is given',
      remedy: `Give the provider a block \`registry_auth\` with the address ${at}, and user_name and password of the data source aws_ecr_authorization_token (of that region). Pass it to modules by \`providers\`.`,
    }),
  }),
  row({
    id: 'swarm-digest',
    title: 'Swarm could not ask the registry',
    symptoms: [
      [
        'Docker Swarm',
        `image ${image} could not be accessed on a registry to record its digest. Each node will access ${image} independently, possibly leading to different nodes running different versions of the image.`,
      ],
    ],
    when: ({ find }) => find(/could not be accessed on a registry/, orUnsaid(isRegistry)),
    tell: () => ({
      sentence:
        'The manager of the Swarm has no good login for the registry: the service goes on with the login that it was given before, if any.',
      side: 'the command that made or updated the service: it sent no login, or an old one',
      remedy:
        'Log in on that machine and update the service with its login. The login of a service ends with its token, after twelve hours.',
      paste: [newLogin],
    }),
  }),
  row({
    id: 'swarm-sequence',
    title: 'Two have written to a service of a Swarm at the same moment',
    symptoms: [
      ['Docker Swarm', 'Error response from daemon: rpc error: code = Unknown desc = update out of sequence'],
      [
        '`docker stack deploy`',
        'failed to update service shop_web: Error response from daemon: rpc error: code = Unknown desc = update out of sequence',
      ],
    ],
    when: ({ find }) => find(/\bupdate out of sequence\b/, orUnsaid(isRegistry)),
    tell: () => ({
      sentence:
        'Somebody else wrote to the service after this command had read it and before it wrote, so Swarm has refused what it wrote. Nothing of that is in place.',
      side: 'nobody’s: one who deploys, an updater, or the courier, which gives each service a new login about twice a day and after each deployment',
      remedy: 'Repeat the command. `docker stack deploy` ends at such a service, so those that come after it are not deployed yet either.',
    }),
  }),
  row({
    id: 'swarm-no-image',
    title: '"No such image" of a Swarm task',
    symptoms: [
      ['Docker Swarm, Portainer', `No such image: ${image}`],
      ['Docker Swarm', `Error: No such image: ${host}/team/app@sha256:558c99aa0c2feaf4785cae329dd32b3a37190e0ba522571eed6f159f450e98ff`],
    ],
    when: ({ find }) => (find(askedLast, () => true) ? undefined : find(/No such image: /, isRegistry)),
    tell: () => ({
      sentence:
        'Of a task of Swarm it says that the node could not pull the image and has no copy of it, and hides the reason: mostly the login that is stored in the service is too old. (Of `docker push`, `tag` or `inspect` it says only that the image is not on this machine.)',
      side: 'the login in the service: each service keeps the one that it was given with its last update',
      remedy:
        'Update the service with a new login; tasks that failed start again by themselves. The courier does that by itself: with the target `swarm`, or `swarm: true` at Portainer. If it stays so, pull by hand on that node: that tells the reason.',
      paste: [newLogin],
    }),
  }),
];
