/** What a path leads to, with links followed. */
export interface FileFacts {
  readonly kind: 'file' | 'directory' | 'other';
  /** In bytes. */
  readonly size: number;
  /** The permission bits, such as 0o600. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly changedAt: Date;
}

export interface FileRequest {
  readonly signal: AbortSignal;
}
export interface ReadRequest extends FileRequest {
  /** Default: 4 MiB. */
  readonly maxBytes?: number;
}
export interface UpdateRequest extends ReadRequest {
  /** The mode of a file that is created; 0o600 by default. An existing file keeps its mode. */
  readonly mode?: number;
  /** The mode of missing parent directories, which are created. If omitted, the directories must exist. */
  readonly directoryMode?: number;
  /**
   * Whether to write into the file itself when it cannot be replaced, such as the mount of a single file. A concurrent
   * reader, or a reader after a kill, may then see a partial file.
   */
  readonly unreplaceable?: 'fail' | 'write-in-place';
  /** The option by which a person chooses `write-in-place`. The remedy names it, and offers no such way if omitted. */
  readonly inPlaceBy?: string;
}
/** Maps the present text (undefined when there is no file) to the new text. Returning undefined changes nothing. */
export type Change = (text: string | undefined) => string | undefined;
export type Changed = 'created' | 'updated' | 'unchanged';

/**
 * Access to files on this machine, for adapters. Each call ends in bounded time, whatever is at the path, and throws a
 * Failure that says what to do. Links are followed. Text is UTF-8: anything else in a file is MISCONFIGURED.
 */
export interface Files {
  /** Reads a regular file; undefined when there is none. */
  read(path: string, more: ReadRequest): Promise<string | undefined>;
  /** Resolves to undefined when there is nothing at the path. */
  stat(path: string, more: FileRequest): Promise<FileFacts | undefined>;
  /** The names in a directory, in no particular order. */
  names(path: string, more: FileRequest): Promise<readonly string[]>;
  /**
   * Replaces a file atomically: at any moment, and after a kill, the file holds the old text or the new one, never a
   * part. Mode and owner are kept; what root creates gets the owner of its directory. When another program has written
   * to the file meanwhile, `change` is called again with the present text. Throws what `change` throws. A failure with
   * `mayLand` may have replaced the file nevertheless.
   */
  update(path: string, change: Change, more: UpdateRequest): Promise<Changed>;
  /** Predicts what `update` would return or throw, as far as that can be seen without a write. */
  rehearse(path: string, change: Change, more: UpdateRequest): Promise<Changed>;
}
