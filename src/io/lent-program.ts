import type { Program, ProgramEnd } from '../contract/adapter.ts';
import { Failure } from '../contract/failures.ts';
import { runProgram, unstarted } from './program.ts';

/** Runs a program for an adapter. own: the part of the courier's environment that the program may see. */
export async function runFor({ command, args = [], env = {}, signal }: Program, own: NodeJS.ProcessEnv): Promise<ProgramEnd> {
  const ended = await runProgram(command, args, { ...own, ...env }, signal).catch((error: NodeJS.ErrnoException) => {
    throw new Failure('MISCONFIGURED', `${command} did not run: ${unstarted(command, error)}.`, {
      remedy: 'Put the program where the courier runs, for the user of the courier.',
    });
  });
  if (signal.aborted) throw signal.reason;
  return ended;
}
