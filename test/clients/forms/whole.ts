import { au, G, type Row } from './words.ts';

/** Files whose JSON is not a map, and empty ones. */
export const rows: readonly Row[] = [
  ['null', '- - - - - : : - - FAIL FAIL - - FAIL FAIL'],
  ['[]', '- FAIL FAIL FAIL - FAIL FAIL FAIL FAIL FAIL - - FAIL - FAIL'],
  [`[${au(G)}]`, '- FAIL FAIL FAIL - FAIL FAIL FAIL FAIL FAIL - - FAIL - FAIL'],
  ['5', '- FAIL FAIL FAIL - FAIL FAIL FAIL FAIL FAIL - - FAIL - FAIL'],
  ['"x"', '- FAIL FAIL FAIL - FAIL FAIL FAIL FAIL FAIL - - FAIL - FAIL'],
  ['true', '- FAIL FAIL FAIL - FAIL FAIL FAIL FAIL FAIL - - FAIL - FAIL'],
  ['false', '- FAIL FAIL FAIL - FAIL FAIL FAIL FAIL FAIL - - FAIL - FAIL'],
  ['', '- - - - - FAIL FAIL - FAIL - FAIL - FAIL - FAIL'],
  [' \n', '- - - - - FAIL FAIL - FAIL - FAIL - FAIL - FAIL'],
  ['{}', '- - - - - : : - - - - - - - -'],
  [`{${G}}`, '- - - - - : : - - y - - - - -'],
  ['\ufeff', '- FAIL FAIL FAIL - FAIL FAIL FAIL FAIL - FAIL - FAIL - FAIL'],
  ['\ufeff{}', '- FAIL FAIL FAIL - FAIL FAIL FAIL FAIL - FAIL - - - FAIL'],
];
