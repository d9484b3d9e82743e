import { isMap } from '../../src/contract/shapes.ts';
import { membersAt, valueOf } from '../common/json-text.ts';

/** The required form of a member. */
interface Shape {
  /** The end of a message: "is not ...". */
  readonly name: string;
  readonly fits: (value: unknown) => boolean;
}
/** Shapes by lower-case name, because Go ignores case. Members without a shape may hold anything. */
export type Shapes = Readonly<Record<string, Shape>>;

// null counts as a missing member.
const isText = (value: unknown): boolean => value === null || typeof value === 'string';
const isMapOf = (value: unknown, fits: (inner: unknown) => boolean): boolean =>
  value === null || (isMap(value) && Object.values(value).every(fits));

export const text: Shape = { name: 'text', fits: isText };
const texts: Shape = { name: 'a map of texts', fits: value => isMapOf(value, isText) };
const list: Shape = { name: 'a list of texts', fits: value => value === null || (Array.isArray(value) && value.every(isText)) };
const textMaps: Shape = { name: 'a map of maps of texts', fits: value => isMapOf(value, texts.fits) };

export const map: Shape = { name: 'a map', fits: value => value === null || isMap(value) };
export const scalar: Shape = { name: 'text', fits: value => typeof value !== 'object' || value === null };
export const strictText: Shape = { name: 'text', fits: value => typeof value === 'string' };
/** A map of texts in which not even null is allowed. */
export const strictTexts: Shape = { name: 'a map of texts', fits: value => isMapOf(value, strictText.fits) };
/** The shape, or a value that is false in Python and JavaScript. */
export const falsy = (shape: Shape): Shape => ({
  ...shape,
  fits: value => !value || shape.fits(value) || (typeof value === 'object' && Object.keys(value).length === 0),
});

export const ofNames = (names: string, shape: Shape): Shapes =>
  Object.fromEntries(names.split(' ').map(name => [name.toLowerCase(), shape]));

/** A map in which these members, if present, have these shapes. */
const mapWith = (shapes: Shapes): Shape => ({
  name: 'a map',
  fits: value => value === null || (isMap(value) && misfit(Object.entries(value), shapes) === undefined),
});
const proxy = mapWith(ofNames('httpProxy httpsProxy noProxy ftpProxy allProxy', text));

/** Members that every Go reader of a whole configuration checks. */
export const common = {
  credsstore: text,
  detachkeys: text,
  credhelpers: texts,
  httpheaders: texts,
  proxies: { name: 'map of proxies', fits: value => isMapOf(value, proxy.fits) },
} as const satisfies Shapes;

/** All members with a type in docker/cli 29, and so in crane and nerdctl (seen with crane 0.22.1). */
export const docker: Shapes = {
  ...common,
  ...ofNames(
    'psFormat imagesFormat networksFormat pluginsFormat volumesFormat statsFormat serviceInspectFormat servicesFormat tasksFormat secretFormat configFormat nodesFormat currentContext',
    text,
  ),
  ...ofNames('aliases features', texts),
  ...ofNames('pruneFilters cliPluginsExtraDirs', list),
  plugins: textMaps,
};

/** Members of an entry with a type in docker/cli 29 and regctl. */
export const entryShapes: Shapes = ofNames('auth username password serveraddress identitytoken registrytoken', text);

/** The first member that does not fit its shape. */
export function misfit(members: readonly (readonly [name: string, value: unknown])[], shapes: Shapes) {
  for (const [name, value] of members) {
    const shape = Object.hasOwn(shapes, name.toLowerCase()) ? shapes[name.toLowerCase()] : undefined;
    if (shape && !shape.fits(value)) return { name, shape };
  }
  return undefined;
}

/** The first top-level member that does not fit its shape, as the end of a sentence. The file must be JSON. */
export function misfitIn(file: string, shapes: Shapes): string | undefined {
  const members = membersAt(file, []).filter(({ key }) => Object.hasOwn(shapes, key.toLowerCase()));
  const wrong = misfit(
    members.map(member => [member.key, valueOf(file, member)]),
    shapes,
  );
  return wrong && saidOf(wrong);
}

export const saidOf = ({ name, shape }: { readonly name: string; readonly shape: Shape }): string =>
  `has a member \`${name}\` that is not ${shape.name}`;
