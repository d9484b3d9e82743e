import { type Io, UsageError } from './io.ts';

type Verb = (args: string[], io: Io) => Promise<number>;

/** Each loaded when it is asked for. */
const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  install: async () => (await import('./helper/install.ts')).helperInstall,
  doctor: async () => (await import('./helper/doctor.ts')).helperDoctor,
};

/** `helper VERB`: what concerns the credential helper of this user's Docker configuration. */
export async function helper(args: string[], io: Io): Promise<number> {
  const [name = '', ...rest] = args;
  const load = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (!load) throw new UsageError(`one of ${Object.keys(verbs).join(', ')} is needed`);
  return await (await load())(rest, io);
}
