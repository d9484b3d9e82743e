import { isRegistry } from '../hosts.ts';
import { example, row, type Situation } from '../situation.ts';
import { regionOf } from './pulled.ts';

const { host } = example;

/** Messages of Helm itself, where the registry was not asked or Helm does not show its message. */
export const charts: readonly Situation[] = [
  row({
    id: 'chart-repository',
    title: 'Helm takes ECR for a chart repository of the old kind',
    symptoms: [
      [
        'Helm, repo add',
        `Error: looks like "oci://${host}" is not a valid chart repository or cannot be reached: failed to perform "FetchReference" on source: tag explicitly required`,
      ],
      [
        'Helm, repo add',
        'Error: looks like "oci://public.ecr.aws/karpenter" is not a valid chart repository or cannot be reached: object required',
      ],
      ['Helm, without oci://', `Error: repo ${host} not found`],
      ['Helm, without oci://', 'Error: INSTALLATION FAILED: repo public.ecr.aws not found'],
    ],
    when: ({ find }) =>
      find(/looks like "(oci|https?):\/\/\S{1,300} is not a valid chart repository/, isRegistry) ??
      find(/\brepo (?!sitory)[^\s/]{0,60}(dkr[.-]ecr|public\.ecr\.aws)[^\s/]{0,60} not found/, isRegistry),
    tell: ({ host: at }) => ({
      sentence: `Helm was to take ${at} as a chart repository with an index, and registries have none: a chart in ECR is named whole, as oci://${at}/NAME, and never added with \`helm repo add\`. Login and rights are not the matter.`,
      side: 'the command or the tool that calls Helm (also a `repository` of Chart.yaml, Terraform, Argo CD)',
      remedy:
        'Leave `helm repo add` out, and name the chart with oci:// and --version. In Argo CD the repository needs `enableOCI: true`, and its URL has no oci://.',
      paste: [{ what: 'Pull the chart', kind: 'command', text: `helm pull oci://${at}/NAME --version VERSION` }],
    }),
  }),
  row({
    id: 'chart-missing',
    title: 'Helm does not find a chart, or that version of it',
    symptoms: [
      ['Helm', `Error: INSTALLATION FAILED: chart "app" version "1.0.0" not found in oci://${host}/charts`],
      ['Helm', `Error: chart "app" version "1.0.0" not found in oci://${host}/charts repository`],
      [
        'Helm',
        `Error: chart "app" matching ^1.0.0 not found in ${host} index. (try 'helm repo update'): no chart version found for app-^1.0.0`,
      ],
    ],
    when: ({ find }) =>
      find(
        /chart "?(?<chart>[^\s"]{1,100})"? (version|matching) "?(?<version>[^\s"]{1,60})"? not found in (oci:\/\/)?(?<where>[^\s"]{1,300})/,
        isRegistry,
      ),
    tell: told => {
      const { chart = 'NAME', version = 'VERSION', where = told.host } = told.groups;
      // A version range is not a tag.
      const tag = /^v?\d[\w.+-]*$/.test(version) ? version.replaceAll('+', '_') : 'VERSION';
      const whole = `${where.replace(/\/$/, '')}/${chart}`;
      return {
        sentence: `Helm found no chart ${chart} of version ${version} at ${told.host}: there is no repository for it, or that has no such tag. Helm does not show which of the two.`,
        side: 'the name or version of the chart where it is written, or whoever pushes the chart',
        remedy:
          'The last part of the repository is the name of the chart, and the version is the tag (a + in it is written as _). `ecr-courier check` shows which of the two is missing.',
        paste: [{ what: 'Which of the two', kind: 'command', text: `ecr-courier check ${whole}:${tag}` }],
      };
    },
  }),
  row({
    id: 'chart-unsaid',
    title: 'Helm could not download a chart, and does not say why',
    symptoms: [
      ['Helm, Terraform', `Error: could not download chart: failed to download "oci://${host}/charts/app" at version "1.0.0"`],
      ['Helm', `Error: INSTALLATION FAILED: failed to download "oci://${host}/charts/app" at version "1.0.0"`],
    ],
    when: ({ find }) => find(/failed to download "oci:\/\/\S{1,300}( at version "[^"]{1,60}")?(?! at version)(?!.{0,40}: \w)/, isRegistry),
    tell: told => ({
      sentence: `Helm could not download the chart from ${told.host}, and does not show what the registry answered: the chart or its version is not there, Helm has no good login for that host, or a right to pull is missing.`,
      side: `the name or version of the chart where it is written, or the login of Helm (it has a file of its own, and reads that of Docker as well)`,
      remedy:
        'Log in again, and call Helm with --debug: that shows the answer, which `ecr-courier why` explains. `ecr-courier check` tells whether the identity of the courier would get it: the version is the tag (a + in it is written as _).',
      paste:
        told.facts.registry?.service === 'ecr-public'
          ? []
          : [
              {
                what: 'Log in with Helm',
                kind: 'command',
                text: `aws ecr get-login-password --region ${regionOf(told)} | helm registry login --username AWS --password-stdin ${told.host}`,
              },
            ],
    }),
  }),
];
