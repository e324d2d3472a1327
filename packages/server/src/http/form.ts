import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import { badField, Failure } from '../platform/failure.ts';
import type { FormPart } from '../platform/streams.ts';

const nothing = (): void => undefined;
/** What a form may have beside its files, whose size the body's limit bounds. */
const limits = { fields: 100, fieldSize: 64 * 1024, parts: 1000, headerPairs: 32, headerSize: 16 * 1024 };

/** The parts of a form in the order they come. The body is read as far as the parts are. */
export async function* partsOf(
  contentType: string,
  bytes: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<FormPart, void> {
  const form = new Form(contentType);
  void form.fill(bytes);
  try {
    for (let part = await form.next(); part !== undefined; part = await form.next()) yield part;
  } finally {
    form.abandon();
    // It may be waiting for bytes itself, and returns when they come.
    void bytes.return().catch(nothing);
  }
}

/** A form that is being read: the parser's events as parts that are asked for. */
class Form {
  readonly #parser: BusboyInstance;
  /** What nobody has asked for yet: of the last chunk given to the parser alone. */
  readonly #arrived: { readonly part: FormPart; readonly file?: BusboyFileStream }[] = [];
  /** The file that was given out last. */
  #given: BusboyFileStream | undefined;
  #ended = false;
  #failure: unknown;
  #wake: () => void = nothing;

  constructor(contentType: string) {
    this.#parser = openParser(contentType);
    this.#parser.on('field', (name, value, _nameCut, cut) => {
      if (cut) this.#fail(badField(name, `must not be longer than ${limits.fieldSize} bytes`));
      else this.#add({ kind: 'field', name, value });
    });
    this.#parser.on('file', (name, stream, fileName, _encoding, type) => {
      // Without a listener a failure of a file that nobody reads would end the process.
      stream.on('error', nothing);
      const bytes = { [Symbol.asyncIterator]: () => this.#bytesOf(stream) };
      this.#add({ kind: 'file', name, fileName: fileName ?? '', type, bytes }, stream);
    });
    for (const event of ['fieldsLimit', 'partsLimit'] as const) {
      this.#parser.on(event, () => this.#fail(badField('', 'has too many parts')));
    }
    this.#parser.on('error', () => this.#fail(new Failure('malformed-form')));
    this.#parser.on('finish', () => this.#end());
  }

  /** Gives the parser the body. It takes no more than the file that is being read does. */
  async fill(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of bytes) {
        if (this.#ended) return;
        await new Promise<void>((resolve) => {
          this.#parser.write(chunk, () => resolve());
        });
      }
      this.#parser.end();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The next part; undefined after the last. */
  async next(): Promise<FormPart | undefined> {
    // A reader that has not let go yet would hold it back.
    this.#given?.removeAllListeners('readable').resume();
    while (this.#arrived.length === 0 && !this.#ended) {
      const arrival = Promise.withResolvers<void>();
      this.#wake = arrival.resolve;
      await arrival.promise;
    }
    const arrived = this.#arrived.shift();
    if (arrived === undefined && this.#failure !== undefined) throw this.#failure;
    this.#given = arrived?.file;
    return arrived?.part;
  }

  /** Lets go of what has not been read. */
  abandon(): void {
    this.#end();
    this.#destroyFiles();
    this.#parser.destroy();
  }

  async *#bytesOf(stream: BusboyFileStream): AsyncGenerator<Uint8Array, void> {
    try {
      yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    } catch {
      throw this.#failure ?? new Failure('malformed-form');
    }
  }

  #add(part: FormPart, file?: BusboyFileStream): void {
    this.#arrived.push(file === undefined ? { part } : { part, file });
    this.#wake();
  }

  #fail(failure: unknown): void {
    this.#failure ??= failure;
    this.#end();
    this.#destroyFiles();
  }

  #destroyFiles(): void {
    for (const file of [this.#given, ...this.#arrived.map((one) => one.file)]) {
      file?.destroy(new Failure('malformed-form'));
    }
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }
}

function openParser(contentType: string): BusboyInstance {
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits });
  } catch {
    // It has no boundary.
    throw new Failure('malformed-form');
  }
}
