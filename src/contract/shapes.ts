type Members = Readonly<Record<string, unknown>>;

/** Whether a value parsed from JSON is an object and not a list. */
export const isMap = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);
/**
 * The members of a value parsed from JSON; empty where it is not an object. The members of a list are its positions.
 */
export const mapOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {});
/** The members of a JSON text; empty for anything else. */
export function jsonMapIn(text: string): Members {
  try {
    return mapOf(JSON.parse(text));
  } catch {
    return {};
  }
}
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
