import { functionNamed } from '../../contract/function-name.ts';
import type { TokensFrom } from '../../contract/source.ts';
import { programIn } from '../keys/command-line.ts';
import type { SourceSpec } from './choice.ts';

/** The function, command or file that gives the tokens of a source in place of ECR. undefined: ECR gives them. */
export function giverOf({ lambda, command, file }: Pick<SourceSpec, 'lambda' | 'command' | 'file'>): TokensFrom | undefined {
  if (file !== undefined)
    return {
      words: `the file ${file}`,
      right: 'none',
      renew: `Let whoever writes ${file} put a new ECR token there: look whether that program still runs, and write the file again. It is read anew by itself.`,
    };
  if (command !== undefined) {
    const program = programIn(command);
    return {
      words: `the command ${program}`,
      right: 'none',
      renew: `Run ${program} as the user of this process, and look at what it writes: it must get a new token from ECR at each run, and write it whole.`,
    };
  }
  if (lambda === undefined) return undefined;
  const words = functionNamed(lambda)?.shown ?? `the function ${lambda}`;
  return { words, right: 'lambda:InvokeFunction', renew: `Let ${words} get a new token from ECR at each call, and return it whole.` };
}
