import { isRegistry } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';

const { host } = example;
const pull = (path: string): string =>
  `error pulling OCI chart: failed to pull OCI chart: failed to get command args to log: \`helm pull oci://${host}/${path} --version 1.0.0 --destination /tmp/x\` failed exit status 1: Error: invalid reference: invalid repository`;

/** Mistakes in what a Secret of Argo CD says of a repository. */
export const argocd: readonly Situation[] = [
  row({
    id: 'argocd-url',
    title: 'Argo CD cannot pull from the URL of a repository',
    symptoms: [
      ['Argo CD', `${pull('charts//app')} "charts//app"`],
      ['Argo CD', `${pull('Charts/app')} "Charts/app"`],
    ],
    when: ({ find }) =>
      find(/helm pull oci:\/\/\S{1,300}(?= .{0,300}invalid reference: invalid repository "(?<path>[^"\s]{0,256})")/, isRegistry),
    tell: ({ host, groups }) => ({
      sentence: `The repository ${groups['path']} cannot exist, so ${host} was not asked. The URL of the repository in Argo CD ends with a slash, or has a capital letter in its path.`,
      side: 'the URL in the Secret of Argo CD, and in the Application',
      remedy: 'Write the path as in ECR, in small letters and without a slash at the end, in both (docs/argocd.md, URL_UNFIT).',
    }),
  }),
  row({
    id: 'argocd-setting',
    title: 'Argo CD does not read a setting of a repository',
    symptoms: [
      ['Argo CD', 'failed to get Helm credentials: failed to get all Helm repo creds: strconv.ParseBool: parsing "yes": invalid syntax'],
      [
        'Argo CD',
        `unable to get repository "${host}/charts": unable to get repository "${host}/charts" from secrets backend: strconv.ParseBool: parsing "yes": invalid syntax`,
      ],
    ],
    when: ({ find }) =>
      find(
        /(failed to get all Helm repo creds|from secrets backend): strconv\.Parse(Bool|Int): parsing "(?<value>[^"]{0,60})": (invalid syntax|value out of range)/,
        () => true,
      ),
    tell: ({ groups }) => ({
      sentence: `A Secret of Argo CD says "${groups['value']}" where only true or false, or a number, is read. In credentials for several repositories that stops all Applications. ECR was not asked.`,
      side: 'a Secret with the label argocd.argoproj.io/secret-type: repository or repo-creds',
      remedy: 'Write "true" or "false" in enableOCI and its like, without a space or an end of line (docs/argocd.md, SETTING_UNREADABLE).',
    }),
  }),
];
