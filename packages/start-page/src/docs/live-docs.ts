import { element } from './dom.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

interface Message {
  readonly name: string;
  readonly summary: string;
  readonly payload: Schema;
  readonly examples: readonly { readonly name: string; readonly payload: unknown }[];
}

interface Reference {
  readonly $ref: string;
}

interface Operation {
  readonly action: 'send' | 'receive';
  readonly summary: string;
  readonly messages: readonly Reference[];
  readonly reply?: { readonly messages: readonly Reference[] };
}

/** What the page reads of an AsyncAPI 3 document. */
interface AsyncApi {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: Readonly<Record<string, { host: string; pathname: string; protocol: string; description: string }>>;
  readonly channels: Readonly<Record<string, { address: string | null; title: string; description: string }>>;
  readonly operations: Readonly<Record<string, Operation & { readonly channel: Reference }>>;
}

/** Shows the AsyncAPI document of an address: what connects, what can be called, what happens. */
export async function showLiveDocs(root: HTMLElement, url: string): Promise<void> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  const page = new LivePage((await answer.json()) as AsyncApi);
  root.replaceChildren(page.draw());
  // The page is drawn after the browser looked for the anchor it was opened at.
  document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

class LivePage {
  readonly #document: AsyncApi;

  constructor(document: AsyncApi) {
    this.#document = document;
  }

  draw(): HTMLElement {
    const { info, servers, channels } = this.#document;
    return element(
      'article',
      { class: 'live-docs' },
      element('h1', {}, info.title, ' ', element('small', {}, info.version)),
      prose(info.description),
      ...Object.values(servers).flatMap(({ protocol, host, pathname, description }) => [
        element('p', { class: 'live-address' }, element('code', {}, `${protocol}://${host}${pathname}`)),
        prose(description),
      ]),
      ...Object.entries(channels).map(([name, channel]) =>
        element(
          'section',
          { 'aria-labelledby': name },
          element('h2', { id: name }, channel.title),
          channel.address !== null && element('p', { class: 'live-address' }, element('code', {}, channel.address)),
          prose(channel.description),
          ...this.#operationsOf(name),
        ),
      ),
    );
  }

  #operationsOf(channel: string): HTMLElement[] {
    return Object.entries(this.#document.operations)
      .filter(([, operation]) => operation.channel.$ref === `#/channels/${channel}`)
      .flatMap(([id, operation]) =>
        operation.reply === undefined
          ? operation.messages.map((message) => this.#message(message, '↓'))
          : [this.#call(id, operation)],
      );
  }

  /** A command with its replies: one box, as one does not come without the other. */
  #call(id: string, operation: Operation): HTMLElement {
    const [command] = operation.messages;
    return element(
      'details',
      { class: 'live-message out', id: `call-${id}` },
      element(
        'summary',
        {},
        arrow('↑', 'the client sends'),
        element('strong', {}, id),
        element('span', {}, operation.summary),
      ),
      ...(command === undefined ? [] : this.#body(command)),
      ...(operation.reply?.messages ?? []).map((reply) => {
        const { name, summary } = this.#resolve<Message>(reply);
        return element(
          'details',
          { class: 'live-message in' },
          element(
            'summary',
            {},
            arrow('↓', 'the server answers'),
            element('strong', {}, name),
            element('span', {}, summary),
          ),
          ...this.#body(reply),
        );
      }),
    );
  }

  #message(reference: Reference, sign: string): HTMLElement {
    const { name, summary } = this.#resolve<Message>(reference);
    return element(
      'details',
      { class: 'live-message in', id: `event-${name}` },
      element('summary', {}, arrow(sign, 'the server sends'), element('strong', {}, name), prose(summary, 'span')),
      ...this.#body(reference),
    );
  }

  #body(reference: Reference): HTMLElement[] {
    const { name, payload, examples } = this.#resolve<Message>(reference);
    return [
      element(
        'div',
        { class: 'live-fields', tabindex: '0', role: 'group', 'aria-label': `Fields of ${name}` },
        element(
          'table',
          {},
          element(
            'thead',
            {},
            element('tr', {}, ...['Field', 'Type', 'Meaning'].map((title) => element('th', { scope: 'col' }, title))),
          ),
          element('tbody', {}, ...this.#rows(payload, '')),
        ),
      ),
      ...examples.map((example) => element('pre', { tabindex: '0' }, JSON.stringify(example.payload, null, 2))),
    ];
  }

  /** A row for each field, those of inner objects and lists under their paths. */
  #rows(of: Schema, path: string): HTMLElement[] {
    const schema = this.#resolve<Schema>(of);
    const required = new Set(schema.required);
    return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
      const own = path === '' ? name : `${path}.${name}`;
      const inner = this.#inner(property);
      return [
        element(
          'tr',
          {},
          element('td', {}, element('code', {}, own), !required.has(name) && element('small', {}, ' optional')),
          element('td', {}, this.#type(property)),
          element('td', {}, prose(this.#resolve<Schema>(property).description ?? '', 'span')),
        ),
        ...(inner === undefined ? [] : this.#rows(inner.schema, own + inner.suffix)),
      ];
    });
  }

  /** The object within a field: itself, what a list holds, or what a map holds. */
  #inner(of: Schema): { schema: Schema; suffix: string } | undefined {
    const { properties, items, anyOf, additionalProperties } = this.#resolve<Schema>(of);
    if (properties !== undefined) return { schema: of, suffix: '' };
    if (items !== undefined) return { schema: items, suffix: '[]' };
    if (typeof additionalProperties === 'object') return { schema: additionalProperties, suffix: '.*' };
    const object = anyOf?.find((option) => this.#resolve<Schema>(option).properties !== undefined);
    return object === undefined ? undefined : { schema: object, suffix: '' };
  }

  #type(of: Schema): string {
    const schema = this.#resolve<Schema>(of);
    if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map((option) => this.#type(option)))].join(' or ');
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.enum !== undefined) return schema.enum.map((word) => JSON.stringify(word)).join(' or ');
    if (schema.items !== undefined) return `list of ${this.#type(schema.items)}`;
    return schema.format ?? schema.type ?? 'anything';
  }

  #resolve<T>(value: T | Reference): T {
    const { $ref } = value as Partial<Reference>;
    if ($ref === undefined) return value as T;
    const found = $ref
      .split('/')
      .slice(1)
      .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], this.#document);
    // A named message or schema may itself be a reference.
    return this.#resolve(found as T);
  }
}

function arrow(sign: string, meaning: string): HTMLElement {
  return element('span', { class: 'live-arrow', role: 'img', 'aria-label': meaning, title: meaning }, sign);
}

/** A text of the document: what stands in backticks is code. */
function prose(text: string, tag: 'p' | 'span' = 'p'): HTMLElement {
  const pieces = text.split('`').map((piece, index) => (index % 2 === 0 ? piece : element('code', {}, piece)));
  return element(tag, {}, ...pieces);
}
