import { element } from '../dom.ts';
import { accessOf, type Call, type MediaTypes, type Response } from './openapi.ts';
import { cell, code, fieldTable, lock, prose, row, table } from './parts.ts';
import type { Reference, Schemas } from './schema.ts';
import type { DocsTexts } from './texts.ts';
import { tryForm } from './try-call.ts';
import type { WhoCalls } from './who-calls.ts';

/** What all calls of the page share. */
export interface CallParts {
  readonly schemas: Schemas;
  readonly texts: DocsTexts;
  readonly who: WhoCalls;
  /** The path every call begins with. */
  readonly base: string;
}

/** A call in a line; what there is to say of it is drawn when somebody opens it, as a page of all would be heavy. */
export class CallView {
  readonly id: string;
  readonly node: HTMLDetailsElement;
  readonly #call: Call;
  readonly #parts: CallParts;
  #drawn = false;

  constructor(call: Call, parts: CallParts) {
    const { method, path, operation } = call;
    const { texts } = parts;
    this.#call = call;
    this.#parts = parts;
    this.id = operation.operationId;
    const access = accessOf(operation, texts);
    this.node = element(
      'details',
      { class: 'call', id: this.id, toggle: () => this.#draw() },
      element(
        'summary',
        {},
        element('span', { class: `method ${method.toLowerCase()}` }, method),
        element('code', { class: 'path' }, path === '' ? this.id : breakable(path)),
        element(
          'span',
          { class: 'words' },
          element('span', { lang: 'en' }, operation.summary),
          operation.deprecated === true && element('small', {}, ` ${texts.deprecated}`),
        ),
        access && element('span', { class: `access ${access.lock}` }, lock(access.lock), access.word),
      ),
    );
  }

  open(): void {
    this.node.open = true;
    this.#draw();
  }

  #draw(): void {
    if (this.#drawn) return;
    this.#drawn = true;
    const { path, operation } = this.#call;
    const { texts } = this.#parts;
    const { requestBody, responses, callbacks } = operation;
    this.node.append(
      element(
        'div',
        { class: 'call-body' },
        prose(operation.description),
        ...this.#parameters(),
        ...(requestBody === undefined ? [] : this.#content(texts.body, requestBody.content)),
        ...this.#answers(responses),
        ...this.#follows(Object.keys(callbacks ?? {})),
        path !== '' && tryForm(this.#call, this.#parts),
      ),
    );
  }

  #parameters(): HTMLElement[] {
    const { texts, schemas } = this.#parts;
    const { parameters = [], operationId } = this.#call.operation;
    if (parameters.length === 0) return [];
    const rows = parameters.map(({ name, in: place, required, schema, description }) =>
      row(
        cell(undefined, element('code', {}, name), !required && element('small', {}, ` ${texts.optional}`)),
        cell('en', place),
        cell('en', schemas.type(schema)),
        cell('en', prose(description, 'span')),
      ),
    );
    const head = [texts.name, texts.place, texts.type, texts.meaning];
    return [element('h3', {}, texts.parameters), table(`${texts.parameters}: ${operationId}`, head, rows)];
  }

  /** The fields of a body and an example of it. */
  #content(title: string, content: MediaTypes): (HTMLElement | undefined)[] {
    const { texts, schemas } = this.#parts;
    return Object.entries(content).flatMap(([type, { schema, example }]) => [
      element('h3', {}, title, type !== 'application/json' && element('small', {}, ` ${type}`)),
      fieldTable(schemas, schema, `${texts.fieldsOf} ${this.id}: ${title}`, texts),
      example === undefined ? undefined : code(example, `${texts.example}: ${this.id}, ${title}`),
    ]);
  }

  #answers(responses: Readonly<Record<string, Response | Reference>>): (HTMLElement | undefined)[] {
    const { texts, schemas } = this.#parts;
    const all = Object.entries(responses).map(([status, response]) => ({
      status,
      ...schemas.resolve<Response>(response),
    }));
    const rows = all.map(({ status, description, content }) => {
      const codes = Object.keys(content?.['application/json']?.examples ?? {});
      return row(
        cell(undefined, element('code', {}, status)),
        cell('en', prose(description, 'span')),
        cell('en', ...codes.flatMap((name) => [element('code', {}, name), ' '])),
      );
    });
    const success = all.find(({ status, content }) => Number(status) < 300 && content !== undefined);
    return [
      element('h3', {}, texts.answers),
      table(`${texts.answers}: ${this.id}`, [texts.status, texts.meaning, texts.codes], rows),
      ...(success?.content === undefined ? [] : this.#content(`${texts.answer} ${success.status}`, success.content)),
    ];
  }

  #follows(names: readonly string[]): HTMLElement[] {
    if (names.length === 0) return [];
    return [
      element('h3', {}, this.#parts.texts.follows),
      element('ul', {}, ...names.map((name) => element('li', {}, element('a', { href: `#${name}` }, name)))),
    ];
  }
}

/** A path that may be broken after its slashes. */
function breakable(path: string): HTMLElement {
  const steps = path.split('/').slice(1);
  return element('span', {}, ...steps.flatMap((step) => ['/', document.createElement('wbr'), step]));
}
