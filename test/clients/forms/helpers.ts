import { G, H, type Row } from './words.ts';

/** Helpers and stores. help, store: programs that answer; none: one that says "not found"; missing: not on PATH. */
export const rows: readonly Row[] = [
  [`{"credHelpers":{"${H.toUpperCase()}":"help"}}`, '- - - - - : : - - - - - - - -'],
  [`{"credHelpers":{"HTTPS://${H}":"help"}}`, '- - - - - : : - - - - - - - -'],
  [`{"credHelpers":{"http://${H}":"help"}}`, '- - - - http:help : : help - - - - - - -'],
  [`{"credHelpers":{"${H}/":"help"}}`, '- - - - help : : - - - - - - help -'],
  [`{"credHelpers":{"https://${H}/":"help"}}`, '- - - - help : : - - - - - - help -'],
  [`{"credHelpers":{"https://${H}/v1/":"help"}}`, '- - - - - : : - - - - - - help -'],
  [`{"credHelpers":{"${H}.":"help"}}`, '- - - - - : : - - - - - - - -'],
  [`{"credHelpers":{"${H}:80":"help"}}`, '- - - - - : : - - - - - - - -'],
  [`{"auths":{${G}},"credHelpers":{"${H}":" "}}`, 'y FAIL FAIL FAIL y FAIL FAIL - y FAIL FAIL - y y FAIL'],
  [`{"auths":{${G}},"credHelpers":{"${H}":"../help"}}`, 'y FAIL FAIL FAIL y FAIL FAIL - y FAIL FAIL - y y FAIL'],
  [`{"credHelpers":{"https://${H}":"none","${H}":"help"}}`, 'help help help help help help help help - help help help - help help'],
  [`{"credHelpers":{"${H}/team/app":"help"}}`, '- - help - - : : - - - - - - help -'],
  [`{"auths":{${G}},"credsStore":""}`, 'y'],
  [`{"auths":{${G}},"credsStore":"missing"}`, 'y FAIL FAIL FAIL y y y - y FAIL FAIL - y y y'],
  [`{"credsStore":"missing"}`, '- FAIL FAIL FAIL - : : - - FAIL FAIL - - - FAIL'],
  [`{"auths":{${G}},"credsStore":"none"}`, '- - - - y y y - y y y y y y y'],
  [`{"credHelpers":{"${H}":"help"},"credsStore":"store"}`, 'help help store help help help help store - help help help - help help'],
  [`{"credHelpers":{"${H}":"missing"},"credsStore":"store"}`, '- FAIL store FAIL - FAIL FAIL store - FAIL FAIL - - - FAIL'],
  [
    `{"auths":{"o":{"auth":"!!!"}},"credHelpers":{"${H}":"help"}}`,
    'help FAIL FAIL help help help help FAIL FAIL FAIL help help FAIL help help',
  ],
  [
    `{"auths":{"${H}":{"auth":"!!!"}},"credHelpers":{"${H}":"help"}}`,
    'help FAIL FAIL help - help help FAIL FAIL FAIL help help FAIL help help',
  ],
  [`{"credHelpers":{"${H}":"help"},"credsStore":"missing"}`, 'help help FAIL help help help help help - help help help - help help'],
  [`{"credHelpers":{"${H}":"help"},"credsStore":"none"}`, 'help help help help help help help help - help help help - help help'],
];
