import { a, au, base64, entry, G, type Row } from './words.ts';

/** Empty user names, passwords and values of `auth`, and entries of other hosts with these. */
export const rows: readonly Row[] = [
  [
    entry(a('good', '')),
    'undecoded FAIL FAIL - - nobody:good nobody:good FAIL nobody:good nobody:good nobody:good nobody:good nobody:good nobody:good nobody:good',
  ],
  [entry(a('')), 'empty empty - - - empty empty empty empty empty empty empty empty empty empty'],
  [entry(a('', '')), 'undecoded FAIL FAIL - - : : FAIL : : : : : : :'],
  [entry('{"auth":""}'), '- - - - - : : - : FAIL - - FAIL FAIL FAIL'],
  [
    entry('{"auth":"","username":"AWS","password":"plain"}'),
    'plain plain plain plain plain : : plain plain FAIL plain plain FAIL FAIL FAIL',
  ],
  [au(`${G},"other.example":${a('x', '')}`), 'undecoded FAIL FAIL y y y y FAIL y y y y y y y'],
  [au(`${G},"other.example":${a('')}`), 'y'],
  [au(`${G},"other.example":${a('', '')}`), 'undecoded FAIL FAIL y y y y FAIL y y y y y y y'],
  [au(`${G},"other.example":{"auth":""}`), 'y y y y y y y y y FAIL y y FAIL y y'],
  [
    entry('{"username":"","password":"plain"}'),
    'nobody:plain nobody:plain - - - : : nobody:plain nobody:plain - nobody:plain nobody:plain nobody:plain nobody:plain nobody:plain',
  ],
  [entry('{"username":"AWS","password":""}'), 'empty empty - - - : : empty empty - empty empty empty empty empty'],
  [entry('{"username":"AWS"}'), 'empty empty - - - : : empty empty - empty empty empty - -'],
  [
    entry('{"password":"plain"}'),
    'nobody:plain nobody:plain - - - : : nobody:plain nobody:plain - nobody:plain nobody:plain nobody:plain - -',
  ],
  [entry('{"auth":" "}'), 'undecoded FAIL FAIL FAIL - FAIL FAIL FAIL FAIL FAIL : - FAIL FAIL FAIL'],
  [entry('{"auth":"\\n"}'), 'undecoded FAIL FAIL FAIL - : : FAIL FAIL FAIL : - FAIL FAIL FAIL'],
  [entry(`{"auth":"${base64('\0')}"}`), 'undecoded FAIL FAIL FAIL - : : FAIL FAIL FAIL empty - FAIL FAIL FAIL'],
  [entry('{"auth":"","identitytoken":"idt"}'), 'idt idt - - - : : idt : idt idt idt FAIL FAIL idt'],
];
