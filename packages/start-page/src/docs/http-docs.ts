import { element } from '../dom.ts';
import { CallView } from './call-view.ts';
import { callsOf, type Call, type OpenApi } from './openapi.ts';
import { prose } from './parts.ts';
import { Schemas } from './schema.ts';
import type { DocsTexts } from './texts.ts';
import { WhoCalls } from './who-calls.ts';

/** Shows the OpenAPI document of an address, with a form to try each call. */
export async function showHttpDocs(root: HTMLElement, url: string, texts: DocsTexts): Promise<void> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const page = new HttpPage((await answer.json()) as OpenApi, texts);
  root.replaceChildren(...page.draw());
  page.openAddressed();
  addEventListener('hashchange', () => page.openAddressed());
}

interface Entry {
  readonly view: CallView;
  /** What is looked through when somebody searches. */
  readonly words: string;
}

interface Section {
  readonly node: HTMLElement;
  readonly link: HTMLElement;
  readonly entries: readonly Entry[];
}

class HttpPage {
  readonly #document: OpenApi;
  readonly #texts: DocsTexts;
  readonly #sections: readonly Section[];
  readonly #who: WhoCalls;
  readonly #nothing: HTMLElement;

  constructor(document: OpenApi, texts: DocsTexts) {
    this.#document = document;
    this.#texts = texts;
    const base = new URL(document.servers[0].url).pathname;
    const schemas = new Schemas(document);
    this.#who = new WhoCalls(base, texts);
    const view = (call: Call): Entry => ({
      view: new CallView(call, { schemas, texts, who: this.#who, base }),
      words: `${call.method} ${call.path} ${call.operation.operationId} ${call.operation.summary}`.toLowerCase(),
    });
    const calls = callsOf(document);
    const outgoing = Object.values(document.webhooks).map(({ post }) =>
      view({ method: 'POST', path: '', operation: post }),
    );
    this.#sections = [
      ...document.tags.flatMap(({ name, description }) => {
        const entries = calls.filter(({ operation }) => operation.tags.includes(name)).map(view);
        return entries.length === 0 ? [] : [section(name, prose(description), entries)];
      }),
      section(texts.webhooks, undefined, outgoing),
    ];
    this.#nothing = element('p', { role: 'status', hidden: true }, texts.none);
  }

  draw(): HTMLElement[] {
    const { info } = this.#document;
    const { contents, find, findHint } = this.#texts;
    const search = element('input', {
      type: 'search',
      id: 'find',
      placeholder: findHint,
      autocomplete: 'off',
      input: () => this.#find(search.value),
    });
    const wide = matchMedia('(min-width: 60rem)').matches;
    return [
      element(
        'nav',
        { class: 'contents', 'aria-label': contents },
        element('label', { for: 'find' }, find),
        search,
        element(
          'details',
          { open: wide },
          element('summary', {}, contents),
          element('ul', {}, ...this.#sections.map(({ link }) => link)),
        ),
      ),
      element(
        'article',
        { class: 'docs' },
        element('h1', {}, info.title, ' ', element('small', {}, info.version)),
        prose(info.description),
        this.#who.node,
        this.#nothing,
        ...this.#sections.map(({ node }) => node),
      ),
    ];
  }

  /** Opens the call that the address of the page names, as `#startSession` or `#/Sessions/startSession`. */
  openAddressed(): void {
    const id = decodeURIComponent(location.hash.slice(1)).split('/').at(-1) ?? '';
    if (id === '') return;
    const entries = this.#sections.flatMap((section) => section.entries);
    entries.find(({ view }) => view.id === id)?.view.open();
    document.getElementById(id)?.scrollIntoView();
  }

  #find(text: string): void {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { node, link, entries } of this.#sections) {
      const fitting = entries.filter((entry) => words.every((word) => entry.words.includes(word)));
      for (const entry of entries) entry.view.node.hidden = !fitting.includes(entry);
      node.hidden = link.hidden = fitting.length === 0;
      shown += fitting.length;
    }
    this.#nothing.hidden = shown > 0;
  }
}

function section(name: string, about: HTMLElement | undefined, entries: readonly Entry[]): Section {
  const id = `part-${name.replaceAll(/\s+/g, '-')}`;
  return {
    node: element(
      'section',
      { 'aria-labelledby': id },
      element('h2', { id, lang: about === undefined ? false : 'en' }, name),
      about,
      ...entries.map(({ view }) => view.node),
    ),
    link: element('li', {}, element('a', { href: `#${id}` }, name, element('small', {}, ` ${entries.length}`))),
    entries,
  };
}
