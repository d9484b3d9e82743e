import { spawnSync } from 'node:child_process';
import { chart, chartDigest, type manifests } from '../deploy/chart.ts';
import { path } from './needs.ts';

/** Runs helm. `values` are those of the chart, for commands that accept values. */
export function helm(args: readonly string[], values?: object) {
  const given = values ? ['-f', '-'] : [];
  const { status, stdout, stderr } = spawnSync(path('helm'), [...args, ...given], {
    encoding: 'utf8',
    input: JSON.stringify(values ?? {}),
  });
  return { status, stdout, stderr };
}

export interface Release {
  readonly name: string;
  readonly namespace: string;
}
const usual: Release = { name: 'ecr-courier', namespace: 'ecr-courier' };

export function rendered(values: object = {}, { name, namespace }: Release = usual): string {
  const { status, stdout, stderr } = helm(['template', name, chart, '--namespace', namespace], values);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Returns the text of a plain manifest: without Helm's own lines, and with the namespace first. */
export function manifestOf(name: keyof typeof manifests, values: object): string {
  const body = rendered(values)
    .replaceAll(/^# Source: .*\n/gm, '')
    .replaceAll(/\n+---/g, '\n---');
  return `# Rendered from deploy/helm/ecr-courier; do not edit. Put your registry and your namespaces into it:
# kubectl apply -f ${name}
# Chart: ${chartDigest()}
apiVersion: v1
kind: Namespace
metadata:
  name: ecr-courier
  labels:
    pod-security.kubernetes.io/enforce: restricted
${body.trim()}
`;
}
