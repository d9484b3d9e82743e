const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const other = '444455556666.dkr.ecr.us-east-2.amazonaws.com';

/**
 * Logs as users paste them, with the id of the situation that explains them; undefined where they have nothing to do
 * with ECR.
 */
export const logs: readonly (readonly [id: string | undefined, text: string])[] = [
  [
    'not-logged-in',
    `Name:             app
Namespace:        default
Containers:
  app:
    Image:          ${host}/team/app:1
    State:          Waiting
      Reason:       ImagePullBackOff
    Ready:          False
Events:
  Type     Reason     Age                From               Message
  ----     ------     ----               ----               -------
  Normal   Scheduled  11m                default-scheduler  Successfully assigned default/app to ip-10-0-0-1
  Normal   Pulling    10m (x4 over 11m)  kubelet            Pulling image "${host}/team/app:1"
  Warning  Failed     10m (x4 over 11m)  kubelet            Failed to pull image "${host}/team/app:1": failed to pull and unpack image "${host}/team/app:1": failed to resolve reference "${host}/team/app:1": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials
  Warning  Failed     10m (x4 over 11m)  kubelet            Error: ErrImagePull
  Normal   BackOff    10m (x6 over 11m)  kubelet            Back-off pulling image "${host}/team/app:1"
  Warning  Failed     10m (x6 over 11m)  kubelet            Error: ImagePullBackOff`,
  ],
  [
    undefined,
    `Containers:
  app:
    Image:          ${host}/team/app:1
    State:          Running
Events:
  Type     Reason     Age                From               Message
  Warning  Unhealthy  2m  kubelet  Readiness probe failed: HTTP probe failed with statuscode: 403
  Warning  Unhealthy  2m  kubelet  Liveness probe failed: Get "http://10.0.0.5:8080/": dial tcp 10.0.0.5:8080: connect: connection refused
  Warning  BackOff    2m  kubelet  Back-off restarting failed container`,
  ],
  [
    'refused-without-words',
    `#3 [internal] load metadata for ${host}/team/app:1
#3 ERROR: unexpected status from HEAD request to https://${host}/v2/team/app/manifests/1: 403 Forbidden
------
 > [internal] load metadata for ${host}/team/app:1:
------
Dockerfile:1
--------------------
   1 | >>> FROM ${host}/team/app:1
   2 |     RUN true
--------------------
ERROR: failed to solve: ${host}/team/app:1: failed to resolve source metadata for ${host}/team/app:1: unexpected status from HEAD request to https://${host}/v2/team/app/manifests/1: 403 Forbidden`,
  ],
  [
    undefined,
    `#5 [2/3] RUN curl -f https://api.example.com/x
#5 0.5 curl: (22) The requested URL returned error: 403 Forbidden
------
 > [2/3] RUN curl -f https://api.example.com/x:
------
Dockerfile:2
--------------------
   1 |     FROM ${host}/team/app:1
   2 | >>> RUN curl -f https://api.example.com/x
--------------------
ERROR: failed to solve: process "/bin/sh -c curl -f https://api.example.com/x" did not complete successfully: exit code: 22`,
  ],
  ['not-logged-in', `$ docker run --name web -e A=b ${host}/team/app:1 sh -c ls\nno basic auth credentials`],
  ['not-logged-in', `$ skopeo copy docker://alpine docker://${host}/team/app:1\nno basic auth credentials`],
  [undefined, `docker run ${host}/app:1: Error: connect ECONNREFUSED 127.0.0.1:5432`],
  [undefined, `app-1  | connecting\napp-1  | Error: connect ECONNREFUSED 10.0.0.3:6379\nimage: ${host}/app:1`],
  [
    'token-expired',
    ` ✘ web Error denied: Your authorization token has expired. Reauthenticate and try again.   1.2s \nError response from daemon: denied: Your authorization token has expired. Reauthenticate and try again.`,
  ],
  ['dns-silent', `Error response from daemon: Get "https://${host}/v2/": dial tcp: lookup ${host} on 127.0.0.53:53: server misbehaving`],
  ['password-refused', `Error response from daemon: login attempt to https://***/v2/ failed with status: 401 Unauthorized`],
  [undefined, `Error response from daemon: login attempt to https://harbor.example.com/v2/ failed with status: 401 Unauthorized`],
  [undefined, `Get "https://${host}/v2/": context canceled`],
  [
    undefined,
    `psql: error: connection to server at "mydb.abc.eu-west-1.rds.amazonaws.com" (10.0.0.2), port 5432 failed: Connection refused`,
  ],
  [undefined, `Error: connect ETIMEDOUT mydb.abc.eu-west-1.rds.amazonaws.com:5432`],
  [undefined, `curl: (6) Could not resolve host: search-foo.eu-west-1.es.amazonaws.com`],
  [undefined, `The AWS Access Key Id you provided does not exist in our records.`],
  [
    'repository-missing',
    `Error: failed to push: name unknown: The repository with name 'foo' does not exist in the registry with id '123456789012'`,
  ],
  [undefined, `error: repository with name 'foo' does not exist`],
  [undefined, `ERROR: Repository not found. fatal: Could not read from remote repository.`],
  [
    'denied-identity',
    `[2026-11-20T10:00:00Z] ERROR {"errors":[{"code":"DENIED","message":"User: arn:aws:sts::123456789012:assumed-role/ci/session is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:eu-west-1:123456789012:repository/team/app because no identity-based policy allows the ecr:BatchGetImage action"}]}`,
  ],
  [
    'denied-resource',
    `Error: image pull failed: 403 Forbidden: denied: User: arn:aws-cn:iam::123456789012:user/ci is not authorized to perform: ecr:BatchGetImage on resource: arn:aws-cn:ecr:cn-north-1:444455556666:repository/x because no resource-based policy allows the ecr:BatchGetImage action`,
  ],
  ['no-connection', `Something went wrong: connection timed out while asking ${host}.`],
  [
    'something-missing',
    `CannotPullContainerError: inspect image has been retried 1 time(s): failed to resolve ref "${host}/x:1": ${host}/x:1: not found`,
  ],
  [
    'denied-explicitly-scp',
    `User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ecr:GetAuthorizationToken on resource: * with an explicit deny in a service control policy (Service: AmazonECR; Status Code: 400; Error Code: AccessDeniedException; Request ID: 1; Proxy: null)`,
  ],
  [
    'denied-unsaid',
    `software.amazon.awssdk.services.ecr.model.EcrException: User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ecr:GetAuthorizationToken on resource: * (Service: Ecr, Status Code: 400, Request ID: 5c1)`,
  ],
  [
    'denied-identity',
    `│ Error: reading ECR Authorization Token: operation error ECR: GetAuthorizationToken, https response error StatusCode: 400, RequestID: 1, api error AccessDeniedException: User: arn:aws:iam::123456789012:user/ci is\n│ not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the\n│ ecr:GetAuthorizationToken action\n│\n│   with data.aws_ecr_authorization_token.t,\n│   on main.tf line 1`,
  ],
  [
    'layers-unreachable',
    `level=fatal msg="copying system image: parsing image configuration: Get \\"https://prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com/x?X-Amz-Signature=abc\\": dial tcp 52.1.1.1:443: i/o timeout"`,
  ],
  [
    'layers-unreachable',
    `Get "https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/x": dial tcp 52.1.1.1:443: connect: connection refused`,
  ],
  ['no-connection', `Error response from daemon: Get "https://${host}/v2/": context deadline exceeded`],
  [
    'tls-intercepted',
    `ERROR: failed to do request: Head "https://${host}/v2/team/app/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  ],
  [
    'not-logged-in',
    `pull access denied for ${host}/team/app, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
  ],
  ['clock', `error: x509: certificate has expired or is not yet valid ${host}`],
  [
    'password-refused',
    `Error: authenticating creds for "${host}": pinging container registry ${host}: invalid status code from registry 401 (Unauthorized)`,
  ],
  [
    'login-forbidden',
    `Error: initializing source docker://${host}/x:1: pinging container registry ${host}: invalid status code from registry 403 (Forbidden)`,
  ],
  ['session-over', `Unable to fetch credentials: ExpiredToken: The provided token has expired.`],
  [
    'provider-failed',
    `E1120 plugin.go:418] "Failed to provide credentials for image" err="failed to get credential from external registry credential provider: error execing credential provider plugin ecr-credential-provider for image ${host}/x:1: exit status 1: "`,
  ],
  [
    'metadata-unreachable',
    `error execing credential provider plugin ecr-credential-provider for image ${host}/x:1: exit status 1: E1 main.go:361] Error running credential provider plugin: operation error ECR: GetAuthorizationToken, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, canceled, context deadline exceeded`,
  ],
  [
    'denied-web-identity',
    `An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity`,
  ],
  [
    'denied-role',
    `An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:sts::123456789012:assumed-role/ci/s is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/x`,
  ],
  [
    'swarm-digest',
    `image ${host}/team/app:1 could not be accessed on a registry to record\nits digest. Each node will access ${host}/team/app:1 independently,\npossibly leading to different nodes running different\nversions of the image.`,
  ],
  [undefined, `Error: No such image: myapp:latest`],
  [
    'refused-without-words',
    `LAST SEEN   TYPE      REASON    OBJECT        MESSAGE
2m          Normal    Pulling   pod/web-5c1   Pulling image "${host}/team/app:1"
2m          Warning   Failed    pod/web-5c1   Failed to pull image "${host}/team/app:1": failed to resolve reference "${host}/team/app:1": unexpected status from HEAD request to https://${host}/v2/team/app/manifests/1: 403 Forbidden
1m          Warning   Failed    pod/web-5c1   Error: ErrImagePull`,
  ],
  ['refused-without-words', `{"level":"error","msg":"failed to pull image ${host}/team/app:1","error":"unexpected status: 403 Forbidden"}`],
  ['refused-without-words', `level=error msg="PullImage \\"${host}/team/app:1\\" failed" error="unexpected status code 403 Forbidden"`],
  ['login-forbidden', `unexpected status code 403 Forbidden from https://${host}/v2/`],
  ['refused-without-words', `unexpected status code 403 Forbidden from https://${host}/v2/team/app/manifests/1`],
  [
    'token-expired',
    `Error: GET "https://${host}/v2/": response status code 403: denied: Your authorization token has expired. Reauthenticate and try again.`,
  ],
  ['password-refused', `Error: HTTP 401 Unauthorized at https://${host}/v2/`],
  [
    'password-refused',
    `2026-11-20T10:00:00Z ERROR failed to cache image {"kind": "CachedImage", "sourceImage": "${host}/team/app:1", "error": "GET https://${host}/v2/team/app/manifests/1: unexpected status code 401 Unauthorized: Not Authorized\\n"}`,
  ],
  ['public-limit', `Step 1/9 : FROM public.ecr.aws/sam/build-python3.7\ntoomanyrequests: Rate exceeded\ndocker exited with status 1`],
  [undefined, `/run/secrets/key: permission denied`],
  [
    'key-file',
    `PORTAINER_API_KEY_FILE: /run/portainer/api-key may not be read by the user that the courier runs as (uid 65532): it belongs to uid 0, mode 600`,
  ],
  [
    undefined,
    `permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Head "http://%2Fvar%2Frun%2Fdocker.sock/_ping": dial unix /var/run/docker.sock: connect: permission denied`,
  ],
  [undefined, `ssh: connect to host 10.0.0.1 port 22: Connection refused\ndocker pull ${host}/app:1`],
  [undefined, `psql: connection refused\ndocker pull ${host}/app:1`],
  [undefined, `docker pull ${host}/app:1\nssh: connect to host 10.0.0.1 port 22: Connection refused`],
  [undefined, `curl: (7) Failed to connect to example.com port 443: Connection timed out\n$ docker pull ${host}/app:1`],
  [undefined, `Failed to start "${host}/app:1": dial unix /run/mysqld/mysqld.sock: connect: connection refused`],
  [
    undefined,
    `image: ${host}/app:1\nmsg="Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"`,
  ],
  ['no-connection', `psql: 10.0.0.5:5432: connection refused\nGet "https://${host}/v2/": dial tcp 52.1.1.1:443: i/o timeout`],
  ['connection-cut', `Head "https://${host}/v2/app/manifests/1": read tcp 10.0.0.4:50432->52.1.1.1:443: read: connection reset by peer`],
  [
    'runtime-unreachable',
    `Failed to pull image "${host}/app:1": rpc error: code = Unknown desc = Error response from daemon: dial unix /var/run/docker.sock: connect: connection refused`,
  ],
  [
    'runtime-unreachable',
    `$ docker pull ${host}/app:1\npermission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock`,
  ],
  ['pull-too-slow', `Failed to pull image "${host}/app:1": rpc error: code = DeadlineExceeded desc = stream terminated by RST_STREAM`],
  ['no-connection', `Failed to pull image "${host}/app:1": Get "https://${host}/v2/": context deadline exceeded`],
  ['no-connection', `curl: (7) Failed to connect to ${host} port 443 after 130 ms: Connection refused`],
  [undefined, `curl: (7) Failed to connect to ${host} port 5000 after 130 ms: Connection refused`],
  [
    'platform-missing',
    `CannotPullContainerError: failed to unpack image on snapshotter overlayfs: no match for platform in manifest: not found`,
  ],
  ['dns-silent', `dial tcp: lookup ${host} on 10.0.0.2:53: dial udp 10.0.0.2:53: connect: network is unreachable`],
  ['name-unknown-to-dns', `dial tcp: lookup ${host} on 10.0.0.2:53: no such host`],
  [
    'not-logged-in',
    `$ aws ecr get-login-password --region us-east-2 | docker login --username AWS --password-stdin ${other}\nLogin Succeeded\n$ docker pull ${host}/app:1\nError response from daemon: Head "https://${host}/v2/app/manifests/1": no basic auth credentials`,
  ],
  [
    'not-logged-in',
    `$ aws ecr get-login-password --region us-east-2 | docker login --username AWS --password-stdin ${other}\nLogin Succeeded\n$ aws ecr get-login-password --region eu-west-1 | docker login --username AWS --password-stdin ${host}\nLogin Succeeded\n$ docker pull ${host}/app:1\nError response from daemon: Head "https://${host}/v2/app/manifests/1": no basic auth credentials`,
  ],
  [
    'other-region',
    `$ TOKEN=$(aws ecr get-login-password --region us-east-2)\n$ docker login -u AWS -p $TOKEN ${host}\nError response from daemon: login attempt to https://${host}/v2/ failed with status: 400 Bad Request`,
  ],
  [
    'password-refused',
    `4 errors occurred:\n\t* docker error: unable to inspect the image (${host}/app:1): Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n\t* containerd error: containerd socket not found: /run/containerd/containerd.sock\n\t* podman error: unable to initialize Podman client: no podman socket found\n\t* remote error: GET : unexpected status code 401 Unauthorized: Not Authorized`,
  ],
  [
    'password-refused',
    `* unable to inspect the image (${host}/app:1): Error: No such image: ${host}/app:1\n* containerd socket not found: /run/containerd/containerd.sock\n* GET https://${host}/v2/app/manifests/1: unexpected status code 401 Unauthorized: Not Authorized`,
  ],
  [
    'image-missing',
    `4 errors occurred:\n\t* docker error: unable to inspect the image (${host}/app:1): Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n\t* remote error: GET https://${host}/v2/app/manifests/1: MANIFEST_UNKNOWN: Requested image not found`,
  ],
  [
    'layers-unreachable',
    `CannotPullContainerError: failed to do request: Get https://prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com/5c1?X-Amz-Security-Token=...: dial tcp 52.1.1.1:443: i/o timeout`,
  ],
  [
    'password-refused',
    `failed to resolve reference "docker.io/library/nginx:1": unexpected status from HEAD request to https://${host}/v2/docker-hub/library/nginx/manifests/1?ns=docker.io: 401 Unauthorized`,
  ],
  [
    'denied-identity',
    `failed to resolve reference "${host}/app:1": unexpected status from GET request to https://harbor.example.com/v2/ecr/app/manifests/1?ns=${host}: 403 Forbidden: denied: User: arn:aws:iam::123456789012:user/harbor is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:eu-west-1:123456789012:repository/app because no identity-based policy allows the ecr:BatchGetImage action`,
  ],
  [
    'refused-without-words',
    `Error in download: java.io.IOException: Error downloading [https://${host}/v2/base/blobs/sha256:5c1] to /cache/x: GET returned 403 Forbidden`,
  ],
  [
    'layers-missing',
    `failed to copy: httpReadSeeker: failed open: unexpected status code https://${host}/v2/app/blobs/sha256:5c1: 404 Not Found`,
  ],
  ['tls-intercepted', `Get "https://${host}/v2/": x509: certificate is valid for proxy.example.com, not ${host}`],
  [
    'refused-without-words',
    `failed to resolve ref ${host}/app:1@sha256:5c1: unexpected status from HEAD request to https://${host}/v2/app/blobs/sha256:5c1: 403 Forbidden`,
  ],
  [undefined, `write /var/lib/containerd/io.containerd.content.v1.content/ingest/x/data: no space left on device: ${host}/x:1`],
];
