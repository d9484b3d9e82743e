import { Secret } from '../../src/contract/secret.ts';
import { capital, label } from '../../src/contract/text.ts';
import { type Fields, type Given, givenIn, textIn, wrong } from './fields.ts';
import { mapOf } from './objects.ts';

/** A login by OpenID Connect (the auth-provider `oidc` of client-go). */
export interface Oidc {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret | undefined;
  readonly idToken: Secret | undefined;
  readonly refreshToken: Secret | undefined;
  /** The authorities that sign the issuer's certificate. */
  readonly authorities: Given | undefined;
  /** The user in messages: `the user u in /k/config`. */
  readonly from: string;
}

/** Reads an auth-provider. Throws MISCONFIGURED for any other than `oidc`, and for missing members. */
export function oidcIn(provider: Fields, user: string, path: string): Oidc {
  const name = textIn(provider, 'name', `auth-provider of ${user}`);
  if (name !== 'oidc')
    throw wrong(
      `${capital(user)} has the auth-provider ${name === undefined ? '(no name)' : label(name)}: no kubectl since 1.26 knows any but oidc`,
      'Take the program of that cloud instead (`exec`): gke-gcloud-auth-plugin, kubelogin.',
    );
  const what = `auth-provider of ${user}`;
  const config = mapOf(provider['config']);
  const [issuer, clientId] = ['idp-issuer-url', 'client-id'].map(member => textIn(config, member, what));
  if (issuer === undefined || clientId === undefined)
    throw wrong(`${capital(what)} has no ${issuer === undefined ? 'idp-issuer-url' : 'client-id'}`);
  const secretIn = (member: string): Secret | undefined => {
    const text = textIn(config, member, what);
    return text === undefined ? undefined : new Secret(text);
  };
  const [clientSecret, idToken, refreshToken] = [secretIn('client-secret'), secretIn('id-token'), secretIn('refresh-token')];
  if (!idToken && !refreshToken) throw wrong(`${capital(what)} has neither id-token nor refresh-token`, logIn);
  const authorities = givenIn(config, 'idp-certificate-authority', what, path);
  return { issuer: issuer.replace(/\/+$/, ''), clientId, clientSecret, idToken, refreshToken, authorities, from: user };
}

export const logIn = 'Log in anew as kubectl does, or give the courier a user of its own.';
