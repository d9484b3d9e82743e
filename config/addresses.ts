import { textRule } from './texts.ts';

/** What is wrong with the URL of a server. undefined: nothing. */
export function urlRule(value: unknown): string | undefined {
  const wrong = textRule(value);
  if (wrong) return wrong;
  const text = String(value);
  if (/^https?:\/\//i.test(text) && /[\s\\]/.test(text)) return 'must not contain blanks or backslashes';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:\/\//i.test(text)) return 'must be a URL that begins with https:// or http://';
  if (url.username || url.password) return 'must not contain a user name or password: they have options of their own';
  return /[?#]/.test(text) ? 'must not contain a query (?) or fragment (#)' : undefined;
}

const begins = 'must begin with unix:///, https:// or http://';
/** Forms of addresses in Docker's own programs, each with what to write here instead. */
const foreignAddresses: readonly (readonly [form: RegExp, rule: string])[] = [
  [/^unix:\/\/\/[^\\]*[?#\s]/i, 'must name a socket without blanks, ? and #: in its path they are written as %20, %3F and %23'],
  [/^unix:/i, 'must name a socket as unix:///PATH, with three slashes and the whole path: unix:///var/run/docker.sock'],
  // tcp:// does not say whether there is TLS.
  [
    /^tcp:/i,
    'must begin with https:// in the place of tcp://, or with http:// where there is no TLS, as at port 2375, together with `allowHttp`',
  ],
  [
    /^ssh:/i,
    `${begins}. A socket that ssh reaches is forwarded: \`ssh -nNT -o StreamLocalBindUnlink=yes -o ExitOnForwardFailure=yes -L /run/user/1000/engine.sock:/var/run/docker.sock USER@HOST\`, then unix:///run/user/1000/engine.sock`,
  ],
  [
    /^npipe:|^\\|^\/\/[.?]\//i,
    `${begins}. A pipe of Windows cannot be used: give a manager with Linux, or let that Docker listen with TLS and give https://HOST:2376`,
  ],
  [/^fd:/i, `${begins}. fd:// is for the start of Docker itself, whose socket is unix:///var/run/docker.sock`],
  [/^[./~]/, `${begins}. A socket is written so, with its whole path: unix:///var/run/docker.sock`],
  [/^[\w.-]*(:\d+)?$/, `${begins}: https://HOST:2376 where Docker listens with TLS, http://HOST:2375 and \`allowHttp\` where it does not`],
];

/** What is wrong with an address, which is a URL as for `urlRule`, or a socket. undefined: nothing. */
export function addressRule(value: unknown): string | undefined {
  const wrong = textRule(value);
  if (wrong) return wrong;
  const text = String(value);
  if (/^unix:\/\/\/[^?#\s\\]+$/i.test(text)) return undefined;
  if (/^https?:/i.test(text)) return urlRule(text);
  return foreignAddresses.find(([form]) => form.test(text))?.[1] ?? begins;
}
