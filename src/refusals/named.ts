/** File extensions, as in `main.go:12` and `on main.tf line 3`. */
const files = [
  'go|py|js|mjs|cjs|ts|tsx|jsx|rs|rb|sh|bash|ps|bat|cmd|java|kt|groovy|gradle|cs|csproj|props|targets|php|lua|tf|tfvars|hcl|bicep',
  'json|ya?ml|toml|xml|ini|cfg|conf|properties|env|lock|sum|mod|md|txt|html|htm|csv|log|out|err|tpl|tmpl',
  'sock|service|exe|dll|jar|war|tar|tgz|gz|zip|deb|rpm|whl|crt|cer|pem|key|pub',
].join('|');

/**
 * Matches `https://HOST`, `HOST/name`, `lookup HOST`, `HOST:443`, `HOST: denied`, but no IP addresses, as those follow
 * the name: `lookup HOST on 10.0.0.2:53`. File names look like hosts and are excluded.
 */
const hosts = new RegExp(
  [
    String.raw`\b[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^\s/@"]*@)?(?<url>[A-Za-z0-9*<>_.-]+)`,
    String.raw`(?<![\w./@*<-])(?!Dockerfile\.)(?<bare>(?:[A-Za-z0-9*<>_-]+\.)+(?!(?:${files})\b)[a-z]{2,})(?=\.?(?:[\s"'\`),;\]]|$)|[/:])`,
  ].join('|'),
);

/**
 * Whether a name is an address of Terraform, which looks like a host: `module.app`, `module.app.docker_image.this`. A
 * host has no `_` in its last two parts.
 */
const isResource = (name: string): boolean => /_[^.]*(?:\.[^.]*)?$|^(?:module|data|var|local|each)\.[^.]+$/.test(name);

/** A host with a port, also without a dot: `registry:5000/app`, `10.0.0.5:5000/app`. */
const withPort = /(?<![\w./@-])(?<port>[a-z0-9][a-z0-9.-]*):\d{2,5}(?=\/[a-z0-9])/;

/** Flags of `run` and `create`; each of their other options takes a value. */
const flags = String.raw`-[dhitPq]{1,6}|--(?:rm|init|tty|detach|interactive|quiet|privileged|read-only|publish-all|no-healthcheck)`;
const options = String.raw`(?: (?:(?:${flags})(?= )|--?[\w-]+=\S+|(?!(?:${flags}) )--?[\w-]+ \S+))`;

/**
 * `certain`: prefixes that only an image follows. `probable`: prefixes that an image follows if it is quoted, or has a
 * `/` or a tag.
 */
const certain = new RegExp(
  [
    String.raw`(?:access denied for|refers to (?:a )?repository|failed to solve:|docker:\/\/) ?["'[]?`,
    String.raw`(?:docker|podman|nerdctl|crictl|finch)(?: image)? (?:pull|push)(?: -\S+)* ["']?`,
    String.raw`(?:docker|podman|nerdctl|finch)(?: container)? (?:run|create)${options}{0,30} ["']?`,
    String.raw`kubectl(?: \S+){1,30} --image[= ]["']?`,
    String.raw`(?:crane|skopeo|regctl|oras)(?: (?:pull|push|manifest|digest|config|inspect|copy|cp|ls|image|export))+ ["']?`,
  ].join('|'),
);
const probable =
  /\b(?:[Ii]mage(?!s)|[Rr]epository|[Rr]eference|[Mm]anifest for|[Pp]ulling(?: \S+ \()?|FROM(?: --platform=\S+)?):? ?(?:["'[]|(?=(?!configuration)[\w.-]+(?:\/[a-z0-9]|:\w)))/;
/** An image without a registry host: it belongs to Docker Hub, unless its host is localhost. */
const ofHub = new RegExp(
  String.raw`(?:${certain.source}|${probable.source})(?<hub>(?!(?:linux|windows)\/)[a-z0-9][\w-]*)(?!:\/\/)(?=[/:@\s"'\],)]|$)`,
);

/** The registry of a login command, where its name has no dots. */
const ofLogin =
  /(?:docker|podman|nerdctl|finch|crane auth|oras|helm registry) login(?: -\S+(?: [\w$]+)??)*? (?<login>[a-z0-9][a-z0-9.-]*:\d{2,5}|localhost)\b/;

const named = new RegExp([ofLogin, ofHub, hosts, withPort].map(({ source }) => source).join('|'), 'g');

/**
 * A host that a text names. `end`: the offset after its path, tag or digest. `kind`: `request` for a URL that was
 * requested, `name` for the name of an image, `host` for a host alone.
 */
export interface Mention {
  readonly host: string;
  readonly kind: 'request' | 'name' | 'host';
  /** What follows the host without a blank: `/v2/`, `/team/app:1`. */
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** The host of a match; undefined for one that is nothing but a mask. */
function nameOf({ groups = {} }: RegExpMatchArray): string | undefined {
  if (groups['hub'] !== undefined) return groups['hub'] === 'localhost' ? 'localhost' : 'docker.io';
  if (isResource(groups['bare'] ?? '')) return undefined;
  const host = (groups['url'] ?? groups['bare'] ?? groups['port'] ?? groups['login'])?.toLowerCase().replace(/\.$/, '');
  // Docker Desktop calls its own backend at `http://ipc`.
  return host === undefined || host === 'ipc' || /^[*<>x_.-]+$/.test(host) ? undefined : host;
}

/** What follows a host without a blank, except closing punctuation. A part may be masked: `<account>`. */
const tail = /^(?::\d{2,5}(?!\d))?(?:[/:@](?:[^\s"'`<>)\]},;]|<\w{1,40}>)*)?/;

/** `HOST/54.1.1.1`: Java appends the resolved address to the name. */
const resolved = /^\/\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?$/;

/** `http+docker://localhost/v1.43/images/...`: a request for an image to the API of the Docker engine. */
const ofEngine = /^(?::\d+)?\/v1\.\d{1,2}\//;

/** The version after an API group, as in `credentialprovider.kubelet.k8s.io/v1`: the group is not a host. */
const apiVersion = /^\/v\d{1,2}(?:(?:alpha|beta)\d{1,2})?$/;

function mentionOf(text: string, match: RegExpExecArray): Mention | undefined {
  const host = nameOf(match);
  if (host === undefined) return undefined;
  const from = match.index + match[0].length;
  // Three dots mark a shortened address.
  const written =
    tail
      .exec(text.slice(from))?.[0]
      .replace(/:+$/, '')
      .replace(/(?<!\.)\.$/, '') ?? '';
  const more = written.replace(/[:.]+$/, '');
  const isAddress = /https?:\/\//i.test(match[0]);
  if (match.groups?.['url'] === undefined ? apiVersion.test(more) : ofEngine.test(more)) return undefined;
  const isName =
    match.groups?.['hub'] !== undefined || (/^[^/]*\/./.test(more) && !resolved.test(more)) || match.groups?.['port'] !== undefined;
  return { host, kind: isAddress ? 'request' : isName ? 'name' : 'host', path: more, start: match.index, end: from + written.length };
}

/** The hosts that a text names, in lower case without a port. A name inside a URL is a part of that URL. */
export function mentionsIn(text: string): readonly Mention[] {
  let last = 0;
  return text
    .matchAll(named)
    .map(match => mentionOf(text, match))
    .filter(mention => mention !== undefined)
    .filter(({ kind, start, end }) => {
      if (start < last) return false;
      if (kind === 'request') last = end;
      return true;
    })
    .toArray();
}
