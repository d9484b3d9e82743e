import type { Form } from './forms.ts';

const listOf = (value: string): string => `${value}(,${value})*`;
/** The pattern of a field with values, ranges and steps. more: alternatives for a value. */
const field = (number: string, more = ''): string => listOf(`((${number}(-${number})?|[*?])(/[0-9]+)?${more})`);

const sixty = field('0*[1-5]?[0-9]');
const hours = field('0*(1?[0-9]|2[0-3])');
const day = '0*([1-9]|[12][0-9]|3[01])';
const days = field(day, `|${day}[wW]|[lL][wW]?`);
const months = field('(0*([1-9]|1[0-2])|(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))');
const weekday = '(0*[0-7]|(?i:sun|mon|tue|wed|thu|fri|sat))';
const weekdays = `[+]?${field(weekday, `|(${weekday}-)?${weekday}(#[0-9]|#?[lL])`)}`;
const years = field('0*[0-9]{1,4}');
const five = [sixty, hours, days, months, weekdays].join(String.raw`\s+`);

const february = '(0*2|(?i:feb))';
const shortMonth = '(0*[2469]|0*11|(?i:feb|apr|jun|sep|nov))';

/** A cron pattern as croner 11 reads it. A time in ISO 8601 is one, too. */
export const cron: Form = {
  pattern: String.raw`^\s*(${five}|${sixty}\s+${five}(\s+${years})?|@(?i:yearly|annually|monthly|weekly|daily|midnight|hourly)|[0-9]{4}-[-0-9T:.Z+ ]*)\s*$`,
  // Days that none of the months has, whatever day of the week it is.
  not: String.raw`^\s*(\S+\s+){2,3}(${listOf('0*(30|31)')}\s+${february}|0*31\s+${listOf(shortMonth)})\s+[*?]\s*$`,
  words: 'a cron pattern that comes true, such as `* 2-4 * * *`: minute, hour, day, month, day of the week',
};
