import { type Io, UsageError } from './io.ts';

type Verb = (args: string[], io: Io) => Promise<number>;

/** Each loaded when it is asked for. */
const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  config: async () => (await import('./kubelet/config.ts')).kubeletConfig,
  install: async () => (await import('./kubelet/install.ts')).kubeletInstall,
  check: async () => (await import('./kubelet/check.ts')).kubeletCheck,
};

/** `kubelet VERB`: what concerns the configuration of the kubelet's credential providers. */
export async function kubelet(args: string[], io: Io): Promise<number> {
  const [name = '', ...rest] = args;
  const load = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (!load) throw new UsageError(`one of ${Object.keys(verbs).join(', ')} is needed`);
  return await (await load())(rest, io);
}
