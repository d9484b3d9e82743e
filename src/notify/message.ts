import { redact } from '../contract/secret.ts';
import { label } from '../contract/text.ts';
import { count } from '../observe/words.ts';
import type { News } from './book.ts';
import { isSource } from './threats.ts';

/** One threat in a message. All texts are single lines for people, without secrets. */
export interface Section {
  /** `logins`, `key`, or the code of a finding. */
  readonly topic: string;
  /** Begins with the subject. */
  readonly sentence: string;
  readonly details: readonly string[];
  /** The number of details that were left out. */
  readonly more: number;
  /** Empty when there is nothing to do. */
  readonly remedy: string;
  readonly help: string;
}
/** A message before it is formatted for a receiver. */
export interface Message {
  readonly event: 'threat' | 'over' | 'test';
  /** The place that the message is about; null for several places, or none. */
  readonly subject: string | null;
  readonly target: string | null;
  readonly title: string;
  readonly sections: readonly Section[];
  /** The URL of the status page; null where its public address is not configured. */
  readonly link: string | null;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

/** The origin of a message. */
export interface Sender {
  /** Without a trailing slash. */
  readonly publicUrl: string | undefined;
  readonly at: Date;
}

/** Receivers reject a lone surrogate, which cutting a text may leave. */
const line = (text: string, longest: number): string => label(redact(text), longest).toWellFormed();

const longestTitle = 200;
const longestLine = 1000;
/** Above this number of messages of one kind, all of them are merged into one. */
const mostMessages = 5;
/** The number of places that a merged message names. */
const mostPlaces = 20;

/** The messages for all news: one for each place, or a merged one when there are many places. */
export function messagesOf(news: readonly News[], sender: Sender): { readonly message: Message; readonly news: readonly News[] }[] {
  return [...Map.groupBy(news, ({ event }) => event).values()].flatMap(alike =>
    alike.length > mostMessages
      ? [{ message: summaryOf(alike, sender), news: alike }]
      : alike.map(one => ({ message: messageOf(one, sender), news: [one] })),
  );
}

function messageOf(news: News, { publicUrl, at }: Sender): Message {
  const { event, subject, target } = news;
  const sections = sectionsOf(news);
  // All topics of a place that is no longer observed have the same sentence.
  const [first = '', ...others] = new Set(sections.map(({ sentence }) => sentence));
  const title = `${line(first, longestTitle)}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
  const link = publicUrl === undefined ? null : `${publicUrl}/${target === null ? '' : `?target=${encodeURIComponent(target)}`}`;
  return { event, subject, target, title, sections, link, at: at.toISOString() };
}

/** The first places are named, each with its sentences and the first detail. */
function summaryOf(news: readonly News[], { publicUrl, at }: Sender): Message {
  const [{ event } = { event: 'over' as const }] = news;
  const places = count(news.length, news.every(({ subject }) => !isSource(subject)) ? 'target' : 'place');
  const title = event === 'threat' ? `${places} need attention.` : `${places}: all clear.`;
  const sections = news
    .slice(0, mostPlaces)
    .flatMap(one => sectionsOf(one).map(section => ({ ...section, details: section.details.slice(0, 1), more: 0 })));
  const rest = news.length - mostPlaces;
  const last = rest > 0 ? [{ ...nothing, sentence: `And ${count(rest, 'more place')}.` }] : [];
  const link = publicUrl === undefined ? null : `${publicUrl}/`;
  return { event, subject: null, target: null, title, sections: [...saidOnce(sections), ...last], link, at: at.toISOString() };
}

const nothing: Section = { topic: '', sentence: '', details: [], more: 0, remedy: '', help: '' };

/** Drops a reason and remedy that the next section repeats. */
const saidOnce = (sections: readonly Section[]): Section[] =>
  sections.map((section, at) => {
    const next = sections[at + 1];
    const alike = next?.remedy === section.remedy && next.details[0] === section.details[0];
    return alike ? { ...section, details: [], remedy: '' } : section;
  });

function sectionsOf({ event, subject, threats, topics, left }: News): Section[] {
  if (event === 'over') return topics.map(topic => ({ ...nothing, topic, sentence: overSentence(subject, topic, left) }));
  return [...threats].map(([topic, { sentence, details, more, remedy, help }]) => {
    const [first, ...rest] = [sentence, ...details].map(text => line(text, longestLine));
    return { topic, sentence: first ?? '', details: rest, more, remedy: line(remedy, longestLine), help };
  });
}

function overSentence(subject: string, topic: string, left: News['left']): string {
  if (left === 'removed') return `${subject}: it is not configured any more, so nothing threatens there.`;
  if (left === 'paused') return `${subject}: it is paused, so it is not looked at any more.`;
  if (topic === 'logins') return `${subject}: its logins are renewed again.`;
  if (topic === 'key') return `${subject}: its ${isSource(subject) ? 'keys are' : 'key is'} accepted again.`;
  return `${subject}: ${topic} is over.`;
}

export function testMessage(receiver: string, { publicUrl, at }: Sender): Message {
  const sentence = `ecr-courier: a test message for the receiver ${receiver}. Nothing is wrong.`;
  const section = { ...nothing, topic: 'test', sentence };
  const link = publicUrl === undefined ? null : `${publicUrl}/`;
  return { event: 'test', subject: null, target: null, title: sentence, sections: [section], link, at: at.toISOString() };
}

/**
 * The body of a message, as lines. Shortened until `fits` accepts it: first by details, then by whole sections, from
 * the end.
 */
export function bodyOf({ title, sections }: Message, fits: (text: string) => boolean): string {
  for (let most = Math.max(0, ...sections.map(({ details }) => details.length)); most >= 0; most--) {
    const text = linesOf(sections, title, most).join('\n');
    if (fits(text)) return text;
  }
  for (let most = sections.length - 1; most > 0; most--) {
    const rest = `And ${count(sections.length - most, 'more')}: see the status page.`;
    const text = [...linesOf(sections.slice(0, most), title, 0), rest].join('\n');
    if (fits(text)) return text;
  }
  return '';
}

/** Omits a sentence that equals the title or an earlier sentence. */
function linesOf(sections: readonly Section[], title: string, most: number): string[] {
  const said = new Set([title]);
  return sections.flatMap(({ sentence, details, more, remedy }) => {
    const left = more + Math.max(0, details.length - most);
    const isSaid = said.has(sentence);
    said.add(sentence);
    return [
      ...(isSaid ? [] : [sentence]),
      ...details.slice(0, most).map(detail => `- ${detail}`),
      ...(left > 0 ? [`- and ${left} more`] : []),
      ...(remedy ? [`What to do: ${remedy}`] : []),
    ];
  });
}
