/** Building blocks of forms of a config.json. H: the host that is pulled from. */
export const H = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

/** A text, and what each client did with it, in the order of `columns`; one word where all did the same. */
export type Row = readonly [text: string, seen: string];

export const base64 = (text: string | Buffer): string => Buffer.from(text as string).toString('base64');
/** An entry with this password. */
export const a = (password: string, user = 'AWS'): string => `{"auth":"${base64(`${user}:${password}`)}"}`;
/** The value of an `auth`. */
export const V = (password: string, user = 'AWS'): string => JSON.stringify(base64(`${user}:${password}`));
export const au = (entries: string): string => `{"auths":{${entries}}}`;
/** A config.json with this entry for the host. */
export const entry = (value: string): string => au(`"${H}":${value}`);
/** A config.json with a good login under this key. */
export const key = (name: string): string => au(`${JSON.stringify(name)}:${a('good')}`);
export const A = `"${H}":${a('A')}`;
export const B = `"${H}":${a('B')}`;
export const G = `"${H}":${a('good')}`;
export const O = `"other.example":${a('other')}`;
