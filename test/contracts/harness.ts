import type { Json, Request, Scenario, Step } from './format.d.ts';
import type { Values } from './notation.ts';

export type AnyStep = Step<Json>;
export type AnyScenario = Scenario<Json, Json>;

/** A file of recorded exchanges, as far as the runner looks at it. */
export interface RecordedFile {
  readonly product: string;
  readonly reads: readonly string[];
  readonly blobs?: Readonly<Record<string, string>>;
  readonly scenarios: readonly AnyScenario[];
}

/** Where a product's `about` adds to the match rule that all files share. Everything may be left out. */
export interface Dialect {
  /** Both sides of a `text` pass through it before they are compared: XML to its names and texts, trimming. */
  text?(text: string): Json;
  /** A set-cookie line as the file writes it. */
  cookie?(line: string): string;
  /**
   * A check for a name that is not one value within the scenario (`now+1h`): it is called with what stands there, and
   * nothing is remembered.
   */
  free?(name: string): ((got: Json) => boolean) | undefined;
}

/** A double of one product that was set up with the `state` of one scenario. */
export interface Double extends AsyncDisposable {
  /**
   * Asked once for each request, just before it is sent: the base address that answers for a host (the request's own
   * `host` header; undefined without one), such as http://127.0.0.1:40123.
   */
  address(host: string | undefined): string;
  /** Something that happened outside the API. Placeholders are filled; `await` and `pause_ms` never arrive here. */
  before?(event: Json): void | Promise<void>;
  /**
   * What was seen behind the server since the last step that recorded it: compared with these members of the step
   * (`secretsAfter`).
   */
  behind?(step: AnyStep): Record<string, Json>;
  /** Last change to a request, whose placeholders are filled: to sign it, say. */
  prepare?(request: Request, step: AnyStep): Request | Promise<Request>;
  /** Milliseconds of its own time. With it, how long a stream lives is compared with `seconds`. */
  now?(): number;
  /** Lets time pass, for pauses and for clients that give up. Real time unless given. */
  sleep?(ms: number, signal: AbortSignal): Promise<void>;
}

/** How the recordings of one product are replayed. One file a product, listed in run.ts. */
export interface Harness {
  /** Matches the `product` of the files that it replays. */
  readonly product: RegExp;
  /**
   * Topics that the fake does not model, each with the reason. A scenario (or, by `needs`, a step) that has one is left
   * out.
   */
  readonly leftOut: Readonly<Record<string, string>>;
  readonly dialect?: Dialect;
  /**
   * `values` takes what the harness and the state set: name to value. Names in the state that have none yet are the
   * harness's to choose (`fill`).
   */
  start(scenario: AnyScenario, values: Values, file: RecordedFile): Promise<Double>;
}
