import type { Json, Request, Scenario, Step } from './format.d.ts';
import type { Values } from './notation.ts';

export type AnyStep = Step<Json>;
export type AnyScenario = Scenario<Json, Json>;

/** The members of a file of recorded exchanges that the runner reads. */
export interface RecordedFile {
  readonly product: string;
  readonly reads: readonly string[];
  readonly blobs?: Readonly<Record<string, string>>;
  readonly scenarios: readonly AnyScenario[];
}

/** A product's additions to the shared match rule, as its `about` states them. All are optional. */
export interface Dialect {
  /** Normalizes both sides of a `text` before they are compared: reduces XML to its names and texts, or trims. */
  text?(text: string): Json;
  /** Returns a set-cookie line in the notation of the file. */
  cookie?(line: string): string;
  /**
   * Returns a check for a name that has no single value within the scenario (`now+1h`). The check gets the received
   * value, which is not captured.
   */
  free?(name: string): ((got: Json) => boolean) | undefined;
}

/** A double of one product, set up with the `state` of one scenario. */
export interface Double extends AsyncDisposable {
  /**
   * Returns the base address that serves a host, such as http://127.0.0.1:40123. Called once for each request, just
   * before it is sent, with the request's `host` header, or undefined without one.
   */
  address(host: string | undefined): string;
  /** Plays an event outside the API. Its placeholders are filled; the runner handles `await` and `pause_ms` itself. */
  before?(event: Json): void | Promise<void>;
  /**
   * Returns what was seen behind the server since the last step that recorded it. Each member is compared with the
   * member of that name in the step (`secretsAfter`).
   */
  behind?(step: AnyStep): Record<string, Json>;
  /** Makes the last change to a request with filled placeholders, such as signing it. */
  prepare?(request: Request, step: AnyStep): Request | Promise<Request>;
  /** Returns the double's time in milliseconds. If given, the life of a stream is compared with `seconds`. */
  now?(): number;
  /** Lets time pass, for pauses and for clients that give up. Default: real time. */
  sleep?(ms: number, signal: AbortSignal): Promise<void>;
}

/** Replays the recordings of one product. Each product has one file, listed in run.ts. */
export interface Harness {
  /** Matches the `product` of the files to replay. */
  readonly product: RegExp;
  /**
   * Topics that the fake does not model, each with the reason. A scenario (or a step, by `needs`) with such a topic is
   * left out.
   */
  readonly leftOut: Readonly<Record<string, string>>;
  readonly dialect?: Dialect;
  /**
   * Starts the double, and adds the values of the harness and the state to `values`. The harness chooses the values of
   * the other names in the state (`fill`).
   */
  start(scenario: AnyScenario, values: Values, file: RecordedFile): Promise<Double>;
}
