import { isEcr, isPrivate, orUnsaid } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { keeper, login } from './pulled.ts';
import { wordsBehind } from './ways.ts';

const { host, image, manifest } = example;

/** The message of Docker Hub and registries like it for a missing right; ECR does not use it. */
/** What the .NET SDK says of a file of logins that has nothing for a registry. Its messages name the registry twice. */
const netCredentials =
  /No matching auth specified for registry '|Failed retrieving credentials for "[^"\s]{1,300}": Docker config .{0,300}doesn't exist/;
const ofHub = /requested access to the resource is denied/;

/** Failures of a login that the registry refuses, or did not get. */
export const passwords: readonly Situation[] = [
  row({
    id: 'password-refused',
    title: 'The password is refused',
    symptoms: [
      ['crane', `Error: fetching manifest ${image}: GET ${manifest}: unexpected status code 401 Unauthorized: Not Authorized`],
      [
        'skopeo',
        `time="2026-11-20T10:00:00Z" level=fatal msg="Error parsing image name \\"docker://${image}\\": reading manifest 1 in ${host}/team/app: unauthorized: authentication required"`,
      ],
      [
        'podman',
        `Error: initializing source docker://${image}: unable to retrieve auth token: invalid username/password: unauthorized: authentication required`,
      ],
      ['Docker', `Error response from daemon: login attempt to https://${host}/v2/ failed with status: 401 Unauthorized`],
      ['Docker', `Error response from daemon: login attempt to https://${host}/v2/ failed with status: 400 Bad Request`],
      [
        'kaniko',
        `error checking push permissions -- make sure you entered the correct tag name, and that you are authenticated correctly, and try again: checking push permission for "${image}": POST https://${host}/v2/team/app/blobs/uploads/: unexpected status code 401 Unauthorized: Not Authorized`,
      ],
      ['containerd', `unexpected status from HEAD request to ${manifest}: 401 Unauthorized`],
      ['oras', `Error response from registry: failed to resolve 1: HEAD "${manifest}": response status code 401: Unauthorized`],
      ['Docker, which does not name the registry', 'Error response from daemon: unauthorized: authentication required'],
      ['kaniko, old', 'error pushing image: unsupported status code 401; body: Not Authorized'],
      [
        'keel',
        `level=error msg="trigger.poll.WatchTagJob: failed to check digest" error="Head https://${host}/v2/team/app/manifests/1: http: non-successful response (status=401 body=\\"\\")" image="team/app:1"`,
      ],
      [
        'Jib',
        `Build image failed, perhaps you should make sure your credentials for '${host}/team/app' are set up correctly. See https://github.com/GoogleContainerTools/jib/blob/master/docs/faq.md for help: Unauthorized for ${host}/team/app: 401 Unauthorized`,
      ],
      [
        'Jib, which says so of a 401 alone',
        `Build image failed, perhaps you should make sure your credentials for '${host}/team/app' are set up correctly. See https://github.com/GoogleContainerTools/jib/blob/master/docs/faq.md for help`,
      ],
      [
        'Helm 3.7 to 3.11',
        `$ helm install app oci://${host}/charts/app --version 0.1.0\nError: INSTALLATION FAILED: unexpected status code [manifests 0.1.0]: 401 Unauthorized`,
      ],
      ['Rancher 1.6', `Image [${image}] failed to pull: unauthorized: authentication required`],
      ['Portainer', '{"message":"unauthorized: authentication required"}'],
    ],
    when: facts =>
      facts.find(
        /401 Unauthorized|status code 401|\(status=401 |StatusCode: 401|401 \(Unauthorized\)|invalid username.password|Not Authorized|authentication required|failed with status: 400 Bad Request|make sure your credentials for '/,
        isEcr,
      ) ??
      facts.find(/unexpected status code \[manifests [^\]\s]{1,130}\]: 401 Unauthorized/, (at, nearby) => isPrivate(at ?? nearby)) ??
      (facts.find(ofHub)
        ? undefined
        : facts.find(
            /unauthorized: authentication required|(denied|unauthorized|401.{0,40}): Not Authorized|login attempt to \S+ failed with status: 40[01]/,
            orUnsaid(isEcr),
          )) ??
      facts.status === 401,
    tell: told => ({
      sentence: `${told.host === 'the registry' ? 'The registry (the text does not say which)' : told.host} does not accept the password that was sent, or none was sent. At ECR that is a token that is too old, cut short, of another region or partition, or with another user name than AWS.`,
      side: keeper,
      remedy:
        'Log in again with a token of the region in the name of the registry. The user name is always AWS. One token serves all accounts that its identity may pull from, but one region only.',
      paste: [login(told)],
    }),
  }),
  row({
    id: 'not-logged-in',
    title: 'No login for this registry',
    symptoms: [
      ['Docker 20 to 28', `Error response from daemon: Head "${manifest}": no basic auth credentials`],
      ['Docker, old', `Error response from daemon: Get https://${host}/v2/team/app/manifests/1: no basic auth credentials`],
      [
        'kubelet with containerd',
        `Failed to pull image "${image}": rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
      ],
      [
        'nerdctl',
        `FATA[0001] failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
      ],
      [
        'buildx',
        `ERROR: failed to solve: ${image}: failed to resolve source metadata for ${image}: pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
      ],
      ['Docker, push', 'no basic auth credentials'],
      ['oras', `Error: GET "${manifest}": basic credential not found`],
      [
        'Flux',
        `invalid chart reference: failed to get chart version for remote reference: could not get tags for "app": could not fetch tags for "oci://${host}/team/app": GET "https://${host}/v2/team/app/tags/list": credential required for basic auth`,
      ],
      ['Rancher 1.6', `Image pull failed: Get https://${host}/v2/team/app/manifests/1: no basic auth credentials`],
      [
        'Jib',
        `Build image failed, perhaps you should set a credential helper name with the configuration '<to><credHelper>' or set credentials for '${host}' in your Maven settings`,
      ],
      [
        '.NET SDK',
        `error CONTAINER1013: Failed to push to the output registry: CONTAINER1008: Failed retrieving credentials for "${host}": No matching auth specified for registry '${host}' in Docker config '/root/.docker/config.json'.`,
      ],
      [
        '.NET SDK',
        `Microsoft.NET.Build.Containers.Credentials.CredentialRetrievalException: CONTAINER1008: Failed retrieving credentials for "${host}": Docker config '/root/.docker/config.json' doesn't exist.`,
      ],
      [
        'Docker 1.10 and older',
        `The push refers to a repository [${host}/team/app] (len: 1)\n7d9495d03763: Image push failed\n\nPlease login prior to push:\nUsername: EOF`,
      ],
      [
        'ECS',
        `CannotPullContainerError: Error response from daemon: Get https://${host}/v2/team/app/manifests/1: no basic auth credentials`,
      ],
    ],
    when: facts =>
      facts.find(/no basic auth credentials|basic credential not found|credential required for basic auth/, orUnsaid(isEcr)) ??
      facts.find(netCredentials, isPrivate) ??
      facts.find(/Please login prior to push/, (at, nearby) => isPrivate(at ?? nearby)) ??
      facts.find(/set a credential helper name with the configuration .{1,80} or set credentials for '/, isPrivate) ??
      (!facts.find(wordsBehind, isPrivate) && facts.find(/(pull|push) access denied.{0,400}may require authorization/, isPrivate)),
    tell: told => ({
      sentence: `${told.host} was asked without a password: the client has no login for this very host name, or its credential helper gave none. (Docker says so too where the token in its file is of another region.)`,
      side: 'the client that pulled: its file of logins, its credential helper, or the pull secret or entry in the manager',
      remedy:
        'Look in the file of the user that really pulls (root, a service, the kubelet and Docker Desktop have others than you): the key must be the bare host name. On nodes of Kubernetes look at the credential provider or the pull secret; with a credential helper run it by hand, it tells the reason.',
      paste: [login(told)],
    }),
  }),
];
