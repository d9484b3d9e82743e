import { au, base64, entry, G, type Row } from './words.ts';

/** Spellings of an `auth`. */
export const rows: readonly Row[] = [
  [entry(`{"auth":"${base64('AWS:good')} "}`), 'undecoded FAIL FAIL FAIL - FAIL FAIL FAIL FAIL y y - FAIL FAIL FAIL'],
  [entry(`{"auth":" ${base64('AWS:good')}"}`), 'undecoded FAIL FAIL FAIL - FAIL FAIL FAIL FAIL y y - FAIL FAIL FAIL'],
  [entry(`{"auth":"${base64('AWS:good')}\\t"}`), 'undecoded FAIL FAIL FAIL - FAIL FAIL FAIL FAIL y y - FAIL FAIL FAIL'],
  [entry(`{"auth":"${base64('AWS:good')}\\r\\n"}`), 'y y y y y y y y y y y - FAIL FAIL FAIL'],
  [
    entry(`{"auth":"${base64('AWS:good').replace(/.=$/, m => String.fromCharCode(m.charCodeAt(0) + 1) + '=')}"}`),
    'y y y y y y y y y y y y y y FAIL',
  ],
  [entry(`{"auth":"${base64('AWS:good')}="}`), 'undecoded FAIL FAIL FAIL - FAIL FAIL FAIL FAIL y y - FAIL FAIL FAIL'],
  [entry(`{"auth":"${base64('AWS:good')}===="}`), 'undecoded FAIL FAIL FAIL - FAIL FAIL FAIL FAIL y y - FAIL FAIL FAIL'],
  [entry(`{"auth":"${base64('AWS:go')}${base64('od')}"}`), 'y'],
  [entry(`{"auth":"${base64('AWS:goods')}A"}`), 'undecoded FAIL FAIL FAIL - FAIL FAIL FAIL FAIL FAIL goods - FAIL FAIL FAIL'],
  [entry(`{"auth":"${base64('AWS:gooood')}"}`), 'gooood'],
  [entry('{"auth":"AWS:good"}'), 'undecoded FAIL FAIL FAIL - FAIL FAIL FAIL FAIL FAIL empty - FAIL FAIL FAIL'],
  [au(`${G},"o":{"auth":"QWE6Yh=="}`), 'y'],
  [au(`${G},"o":{"auth":"${base64(Buffer.from('A:\xf6', 'latin1'))}"}`), 'y y y y y y y y y FAIL y y y y y'],
  [au(`${G},"o":{"auth":"QWE6Yg"}`), 'undecoded FAIL FAIL y y y y FAIL y FAIL y y y y y'],
  [au(`${G},"o":{"auth":"QWE6Yg== "}`), 'undecoded FAIL FAIL y y y y FAIL FAIL y y y FAIL y y'],
  [au(`${G},"o":{"auth":"QWE6\\nYg=="}`), 'y y y y y y y y y y y y FAIL y y'],
];
