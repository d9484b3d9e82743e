import { askSts, type StsAt, sessionIn } from '../aws/sts.ts';
import { guard } from './guard.ts';
import type { Keys, Walk } from './place.ts';

/** The parameters of an STS action, as the SDK passes them to a role assumer. */
interface Asked {
  readonly RoleArn: string;
  readonly RoleSessionName: string;
  readonly ExternalId?: string | undefined;
  readonly WebIdentityToken?: string | undefined;
  readonly DurationSeconds?: number | undefined;
}

/**
 * The calls to STS that a profile requires. The SDK finds out which role follows from which keys, and we call: its own
 * clients would take address, switches and attempts from elsewhere. `region` is that of the profile. The functions
 * throw what `callAws` throws, and MISCONFIGURED where STS has no address.
 */
export function assumersFor(region: string | undefined, { ways, sts }: Pick<Walk, 'ways' | 'sts'>) {
  const ask = async (action: string, asked: Asked, at: StsAt, keys?: Keys): Promise<Keys> => {
    const given = Object.entries(asked).filter(([, value]) => value !== undefined && value !== '');
    const form = { ...Object.fromEntries(given.map(([name, value]) => [name, String(value)])), Action: action };
    return sessionIn(await askSts(form, at, keys, ways));
  };
  return {
    async roleAssumer(keys: Keys, { RoleArn, RoleSessionName, ExternalId, DurationSeconds }: Asked): Promise<Keys> {
      guard(keys, ways.wire);
      return await ask('AssumeRole', { RoleArn, RoleSessionName, ExternalId, DurationSeconds }, sts(region), keys);
    },
    roleAssumerWithWebIdentity: ({ RoleArn, RoleSessionName, WebIdentityToken }: Asked): Promise<Keys> =>
      ask('AssumeRoleWithWebIdentity', { RoleArn, RoleSessionName, WebIdentityToken }, sts()),
  };
}
