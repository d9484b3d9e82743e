import type { Told } from '../situation.ts';

/** The DNS server did not respond, or its response says nothing about the name. */
export const dnsFailed =
  /lookup \S{1,300}( on \S{1,60})?: .{0,120}?(i\/o timeout|server misbehaving|connection refused|network is unreachable|no route to host|operation not permitted)|server misbehaving|Temporary failure in name resolution|Resolving timed out|\bEAI_(AGAIN|FAIL)\b|\bquery(A|Aaaa) (ETIMEOUT|ESERVFAIL|EREFUSED|ECONNREFUSED)|no servers could be reached/;
export const noName = new RegExp(
  `${dnsFailed.source}|no such host|\\bENOTFOUND\\b|Name or service not known|nodename nor servname|Could not resolve host|name is not known`,
);

/**
 * What precedes the error of another connection: a local socket, or a port other than 443, as AWS uses that one. (53 is
 * DNS.)
 */
const ofOthers = String.raw`\b(?:dial|read|write) unix \S[^\n]{0,200}|\d+\.\d+\.\d+\.\d+:(?!443\b|53\b)\d{2,5}\b(?!->)[^\n]{0,40}|\bport (?!443\b)\d{1,5}\b[^\n]{0,40}`;
const butOfOthers = (words: RegExp): RegExp => new RegExp(`(?=${words.source})(?<!${ofOthers})(?:${words.source})`);

/** A request that names its URL and timed out. Without a URL, the words may be about any operation. */
const lateRequest = String.raw`context deadline exceeded(?<=(?:Get|Head|Post|Put|Patch) "?https?:\/\/[^\s"]{1,2000}"?: [^\n]{0,80})`;
const errno = String.raw`\b(?:ETIMEDOUT|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)\b(?! \S{1,100}:(?!443\b)\d{2,5}\b)`;
export const noAnswer = butOfOthers(
  new RegExp(
    `Could not connect to the endpoint URL|i/o timeout|connection refused|connection timed out|connect timeout|connect timed out|Read timed out|ConnectTimeoutError|${errno}|no route to host|network is unreachable|Client\\.Timeout exceeded|request canceled while waiting for connection|${lateRequest}|TLS handshake timeout|Read timeout on endpoint|nothing listens there|no answer to the connection attempt|took the request and did not answer`,
  ),
);
export const cutOff = butOfOthers(
  /connection reset by peer|SSL_ERROR_SYSCALL|server sent GOAWAY|\bECONNRESET\b|(?<!Username|Password): EOF\b|unexpected EOF(?! while (?:looking|scanning|parsing))|broken pipe|the connection was cut|connection closed before|http2: .{0,60}closed/,
);
/** A failed download of a layer, whose store clients do not always name. */
export const unansweredDownload =
  /(error pulling image configuration|download failed after|reading blob|httpReadSeeker: failed open).{0,200}(i\/o timeout|connection refused|no such host|deadline exceeded)/;
export const cutDownload = new RegExp(
  `(failed to copy|httpReadSeeker|reading blob|copying layer|download failed after|error pulling image configuration).{0,200}?(${cutOff.source})`,
);
/** A TLS alert: the server, or a device on the way, ended the handshake on purpose. */
export const tlsRefused =
  /remote error: tls: |tls: handshake failure|sslv3 alert|tlsv1 alert|SSLV3_ALERT|TLSV1_ALERT|alert handshake failure/;
export const badTls =
  /certificate signed by unknown authority|CERTIFICATE_VERIFY_FAILED|certificate verify failed|unable to get (local )?issuer certificate|self[- ]signed certificate|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|certificate is valid for .{0,200}?, not \S+|certificate is not trusted|x509: .{0,80}not trusted|unable to verify the first certificate|PKIX path building failed|valid certification path to requested target|remote certificate is invalid|RemoteCertificate(Chain|Name)|invalid peer certificate: \w|The TLS handshake with/;

/** A proxy refused CONNECT. Go shows nothing but the text of the status. */
export const proxyRefused =
  /(Get|Head|Post|Put|Patch) "?https:\/\/[^\s"]{1,2000}"?: (Forbidden|Bad Gateway|Service Unavailable|Gateway Time-?out|Method Not Allowed|Bad Request|Not Found|Access Denied|Blocked)\b(?!\s*[:(])|Tunnel connection failed: (?!407)\d{3}|HTTP code (?!407)\d{3} from proxy after CONNECT|CONNECT tunnel failed, response (?!407)\d{3}|Unable to tunnel through proxy.{0,60}(?!407)\b[45]\d\d/;

/** A 404 without a message, as clients get it to a HEAD request. */
export const notFound =
  /failed to resolve (source metadata for|ref(erence)?) "?[^"\s]{1,300}"?: \S+: not found|(dkr[.-]ecr|public\.ecr\.aws)[^\s"]{1,300}: not found\b|HEAD "?[^"\s]{1,400}: .{0,40}\b404\b|HEAD request to \S{1,400}: 404 Not Found/;

/** A response body with a message. */
export const words = /"(message|detail)": ?"[^"]|^(?!(\s|403)*(Forbidden)?\s*$)(?!\s*[{[])[^]*\w/;

/** A refusal whose body the client shows. */
export const wordsBehind =
  /\b403(: ?Forbidden|[ (]{1,2}Forbidden\)?)?( - Server message: \w|, "[^"]|(: ?| response body: )("[^"]|\{|(denied|unauthorized|DENIED|[A-Z_]{5,}): ))|(server message|docker login'|authorization): denied: (?!requested access|Not Authorized)\w/;

/** The message of Docker and podman for a 403 without a body. */
export const emptyRefusal = /error parsing HTTP 403 response body: unexpected end of JSON input/;

/**
 * The error chain of a scanner that tries the local runtimes first and the registry last: the response of the registry
 * counts.
 */
export const askedLast = /(errors occurred:|unable to inspect the image)[^]{0,6000}?\bGET "?(https:\/\/[^\s"]{1,400})?"? ?: \w/;

export const way = (to: string): string => `the way from the machine that pulls to ${to}: DNS, firewall, proxy, routes`;

export const elsewhere = ({ host: at }: Told): { what: string; kind: 'command'; text: string } => ({
  what: 'Try from that machine',
  kind: 'command',
  text: `curl -sv --max-time 10 https://${at}/ -o /dev/null`,
});

/** `https://https//HOST`: the name of the image began with a scheme. */
export const twoSchemes = /https?:\/\/https?(:|\/)\/?\/?\S{0,60}(dkr[.-]ecr|public\.ecr\.aws)/;
