import { failures } from '../../contract/failures.ts';
import { row, type Situation } from '../situation.ts';

const codes = Object.keys(failures).join('|');
/** A line of the courier's log about a failure, as JSON or as text. */
const line = new RegExp(
  `(?:delivery failed|discovery failed|token fetch failed|adapter failed).{0,1500}?\\bcode"?[:=] ?"?(?<code>${codes})\\b|\\bcode"?[:=] ?"?(?<late>${codes})\\b.{0,1500}?(?:delivery failed|discovery failed|token fetch failed)`,
);
const isCode = (code: string): code is keyof typeof failures => Object.hasOwn(failures, code);

/** The fallback for lines of the courier's own log: explains their code. */
export const courier: readonly Situation[] = [
  row({
    id: 'courier-failure',
    title: 'A line of the log with a code',
    symptoms: [
      [
        'ecr-courier',
        '{"level":"warn","target":"rancher","code":"CONFLICT","count":3,"error":"Project p1 has another secret with the name ecr.","remedy":"Rename one of the two.","message":"delivery failed"}',
      ],
      ['ecr-courier', 'discovery failed target=portainer code=TIMEOUT error="no answer within 10 s"'],
    ],
    when: ({ find }) => find(line),
    tell: ({ groups }) => {
      const code = groups['code'] ?? groups['late'] ?? '';
      const { doc, remedy } = failures[isCode(code) ? code : 'UNEXPECTED'];
      return {
        sentence: `The courier could not do something; it says ${code}: ${doc.slice(0, 1).toLowerCase()}${doc.slice(1)}`,
        side: 'whatever the member `error` of the line names',
        remedy: `${remedy} The line itself may have a remedy of its own, and docs/errors.md tells more of the code.`,
      };
    },
  }),
];
