/** A text of a form, read as the type its operation says. */
export interface FormField {
  readonly kind: 'field';
  readonly name: string;
  readonly value: unknown;
}

/** A file of a form. What is not read of it is passed over when the next part is asked for. */
export interface FormFile {
  readonly kind: 'file';
  readonly name: string;
  /** As the sender calls it, without folders; empty where it has no name. */
  readonly fileName: string;
  /** The media type as the sender says; nothing proves it. */
  readonly type: string;
  /** Its bytes, to be read once. Fails as the body does. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A part of a form. They come in the order they were sent, fields after files as well. */
export type FormPart = FormField | FormFile;

/** Bytes of a content, both ends with them. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** Bytes to answer with. They are made as fast as the caller takes them, and not at all where it needs none. */
export interface Content {
  /** Media type, with its charset where it is text. */
  readonly type: string;
  /** How the bytes are packed; as they are where it is absent. */
  readonly encoding?: 'gzip';
  /** How many bytes there are; without it nothing but the whole can be asked for. */
  readonly length?: number;
  /** Names the bytes exactly, as `"1f"`, or loosely, as `W/"1f"`. */
  readonly etag?: string;
  /** Milliseconds since 1970. */
  readonly lastModified?: number;
  /** The name to save them under; shown in place where there is none. */
  readonly fileName?: string;
  /** Begins to make them, all or some; called once at most. What it answers is destroyed, or returned from, at an early end. */
  readonly open: (range: ByteRange | undefined) => Promise<AsyncIterable<Uint8Array | string>>;
}
