import { clock } from '../../../src/contract/clock.ts';
import { runDocker } from '../../../src/pull/docker.ts';
import { runKubelet } from '../../../src/pull/kubelet.ts';
import type { Program } from './program.ts';

/**
 * Runs the protocols in this process, because starting one costs more than most cases. `npm run cases` starts the
 * fronts.
 */
const here =
  (protocol: typeof runDocker): Program =>
  async (args, { env, stdin }) => {
    const began = performance.now();
    const signal = AbortSignal.timeout(15_000);
    const { code, ...said } = await protocol({ args, env, clock, signal, stdin: () => Promise.resolve(stdin) });
    return { exit: code, ...said, ms: performance.now() - began };
  };

export const [helperHere, providerHere] = [here(runDocker), here(runKubelet)];
