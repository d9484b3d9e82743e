import { membersAt, valueOf } from '../common/json-text.ts';

/** What a member must be. */
export interface Shape {
  /** For people: the end of "is no ...". */
  readonly name: string;
  readonly fits: (value: unknown) => boolean;
}
/** By name in lower case, as Go reads names without regard to case. Members without a shape may hold anything. */
export type Shapes = Readonly<Record<string, Shape>>;

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
// null is like a member that is missing.
const isText = (value: unknown): boolean => value === null || typeof value === 'string';
const isMapOf = (value: unknown, fits: (inner: unknown) => boolean): boolean =>
  value === null || (isMap(value) && Object.values(value).every(fits));

export const text: Shape = { name: 'text', fits: isText };
const texts: Shape = { name: 'map of texts', fits: value => isMapOf(value, isText) };
const list: Shape = { name: 'list of texts', fits: value => value === null || (Array.isArray(value) && value.every(isText)) };
const textMaps: Shape = { name: 'map of maps of texts', fits: value => isMapOf(value, texts.fits) };

export const map: Shape = { name: 'map', fits: value => value === null || isMap(value) };
export const scalar: Shape = { name: 'text', fits: value => typeof value !== 'object' || value === null };
export const strictText: Shape = { name: 'text', fits: value => typeof value === 'string' };
/** Even a null in it is none. */
export const strictTexts: Shape = { name: 'map of texts', fits: value => isMapOf(value, strictText.fits) };
/** As well what Python and JavaScript take for false. */
export const falsy = (shape: Shape): Shape => ({
  ...shape,
  fits: value => !value || shape.fits(value) || (typeof value === 'object' && Object.keys(value).length === 0),
});

export const ofNames = (names: string, shape: Shape): Shapes =>
  Object.fromEntries(names.split(' ').map(name => [name.toLowerCase(), shape]));

/** A map in which these members, if they are there, are texts. */
const mapWith = (shapes: Shapes): Shape => ({
  name: 'map',
  fits: value => value === null || (isMap(value) && misfit(Object.entries(value), shapes) === undefined),
});
const proxy = mapWith(ofNames('httpProxy httpsProxy noProxy ftpProxy allProxy', text));

/** What every reader of whole configurations that is written in Go looks at. */
export const common = {
  credsstore: text,
  detachkeys: text,
  credhelpers: texts,
  httpheaders: texts,
  proxies: { name: 'map of proxies', fits: value => isMapOf(value, proxy.fits) },
} as const satisfies Shapes;

/** All that docker/cli 29 gives a type, and with it crane and nerdctl (seen with crane 0.22.1). */
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

/** Members of an entry that docker/cli 29 and regctl give a type. */
export const entryShapes: Shapes = ofNames('auth username password serveraddress identitytoken registrytoken', text);

/** The first member of another shape. */
export function misfit(members: readonly (readonly [name: string, value: unknown])[], shapes: Shapes) {
  for (const [name, value] of members) {
    const shape = Object.hasOwn(shapes, name.toLowerCase()) ? shapes[name.toLowerCase()] : undefined;
    if (shape && !shape.fits(value)) return { name, shape };
  }
  return undefined;
}

/** The first member at the top of a file, which must be JSON, of another shape: the rest of a sentence. */
export function misfitIn(file: string, shapes: Shapes): string | undefined {
  const members = membersAt(file, []).filter(({ key }) => Object.hasOwn(shapes, key.toLowerCase()));
  const wrong = misfit(
    members.map(member => [member.key, valueOf(file, member)]),
    shapes,
  );
  return wrong && saidOf(wrong);
}

export const saidOf = ({ name, shape }: { readonly name: string; readonly shape: Shape }): string =>
  `has a member \`${name}\` that is no ${shape.name}`;
