import { element } from '../dom.ts';
import { code, fieldTable, prose } from './parts.ts';
import { Schemas, type Reference, type Schema } from './schema.ts';
import type { DocsTexts } from './texts.ts';

interface Message {
  readonly name: string;
  readonly summary: string;
  readonly payload: Schema;
  readonly examples: readonly { readonly name: string; readonly payload: unknown }[];
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
export async function showLiveDocs(root: HTMLElement, url: string, texts: DocsTexts): Promise<void> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const page = new LivePage((await answer.json()) as AsyncApi, texts);
  root.replaceChildren(page.draw());
  // The page is drawn after the browser looked for the anchor it was opened at.
  document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

class LivePage {
  readonly #document: AsyncApi;
  readonly #schemas: Schemas;
  readonly #texts: DocsTexts;

  constructor(document: AsyncApi, texts: DocsTexts) {
    this.#document = document;
    this.#schemas = new Schemas(document);
    this.#texts = texts;
  }

  draw(): HTMLElement {
    const { info, servers, channels } = this.#document;
    return element(
      'article',
      { class: 'docs' },
      element('h1', {}, info.title, ' ', element('small', {}, info.version)),
      prose(info.description),
      ...Object.values(servers).flatMap(({ protocol, host, pathname, description }) => [
        element('p', { class: 'address' }, element('code', {}, `${protocol}://${host}${pathname}`)),
        prose(description),
      ]),
      ...Object.entries(channels).map(([name, channel]) =>
        element(
          'section',
          { 'aria-labelledby': name },
          element('h2', { id: name, lang: 'en' }, channel.title),
          channel.address !== null && element('p', { class: 'address' }, element('code', {}, channel.address)),
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
          ? operation.messages.map((message) => this.#message(message))
          : [this.#call(id, operation)],
      );
  }

  /** A command with its replies: one box, as one does not come without the other. */
  #call(id: string, operation: Operation): HTMLElement {
    const [command] = operation.messages;
    return element(
      'details',
      { class: 'call out', id: `call-${id}` },
      element('summary', {}, arrow('↑', this.#texts.sends), element('strong', {}, id), words(operation.summary)),
      ...(command === undefined ? [] : this.#body(command)),
      ...(operation.reply?.messages ?? []).map((reply) => {
        const { name, summary } = this.#schemas.resolve<Message>(reply);
        return element(
          'details',
          { class: 'call in' },
          element('summary', {}, arrow('↓', this.#texts.replies), element('strong', {}, name), words(summary)),
          ...this.#body(reply),
        );
      }),
    );
  }

  #message(reference: Reference): HTMLElement {
    const { name, summary } = this.#schemas.resolve<Message>(reference);
    return element(
      'details',
      { class: 'call in', id: `event-${name}` },
      element('summary', {}, arrow('↓', this.#texts.pushes), element('strong', {}, name), words(summary)),
      ...this.#body(reference),
    );
  }

  #body(reference: Reference): (HTMLElement | undefined)[] {
    const { name, payload, examples } = this.#schemas.resolve<Message>(reference);
    return [
      fieldTable(this.#schemas, payload, `${this.#texts.fieldsOf} ${name}`, this.#texts),
      ...examples.map((example) => code(example.payload, `${this.#texts.example}: ${example.name}`)),
    ];
  }
}

function words(summary: string): HTMLElement {
  const node = prose(summary, 'span');
  node.classList.add('words');
  return node;
}

function arrow(sign: string, meaning: string): HTMLElement {
  return element('span', { class: 'arrow', role: 'img', 'aria-label': meaning, title: meaning }, sign);
}
