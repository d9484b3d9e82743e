/** What a path leads to, links followed. */
export interface FileFacts {
  readonly kind: 'file' | 'directory' | 'other';
  /** In bytes. */
  readonly size: number;
  /** The bits of the rights, such as 0o600. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly changedAt: Date;
}

export interface FileRequest {
  readonly signal: AbortSignal;
}
export interface ReadRequest extends FileRequest {
  /** 1 MiB unless said. */
  readonly maxBytes?: number;
}
export interface UpdateRequest extends ReadRequest {
  /** Of a file that is not there yet: 0o600 unless said. One that is there keeps its own. */
  readonly mode?: number;
  /** Of its directory, and of those above, where they are missing: they are made. Unless said they must be there. */
  readonly directoryMode?: number;
  /**
   * Whether to write into the file itself where it cannot be replaced, as that of a mount of this one file. Whoever
   * reads meanwhile, or after a kill, may then see half of it.
   */
  readonly unreplaceable?: 'fail' | 'write-in-place';
}
/** The new text for the present one, which is undefined when there is no file; undefined leaves everything as it is. */
export type Change = (text: string | undefined) => string | undefined;
export type Changed = 'created' | 'updated' | 'unchanged';

/**
 * Files on this machine, for adapters that keep some. Each call ends in time, whatever lies at the path, and throws a
 * Failure that says what to do. Links are followed. A text is UTF-8: anything else in a file is MISCONFIGURED.
 */
export interface Files {
  /** A regular file; undefined when there is none. */
  read(path: string, more: ReadRequest): Promise<string | undefined>;
  /** undefined when there is nothing. */
  stat(path: string, more: FileRequest): Promise<FileFacts | undefined>;
  /** The names in a directory, in no order. */
  names(path: string, more: FileRequest): Promise<readonly string[]>;
  /**
   * Replaces a file as a whole: at any moment, and after a kill, the former text or the new one is there, never half of
   * one. Mode and owner stay; what root makes belongs to the owner of its directory. When somebody else wrote to the
   * file meanwhile, `change` is asked once more with what is there now. It throws what `change` throws. A failure with
   * `mayLand` may have replaced the file nevertheless.
   */
  update(path: string, change: Change, more: UpdateRequest): Promise<Changed>;
  /** What `update` would return or throw, without a write: as far as that can be seen. */
  rehearse(path: string, change: Change, more: UpdateRequest): Promise<Changed>;
}
