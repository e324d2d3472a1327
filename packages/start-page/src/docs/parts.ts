import { element } from '../dom.ts';
import type { Schema, Schemas } from './schema.ts';
import type { DocsTexts } from './texts.ts';

/** A text of the document: what stands in backticks is code. */
export function prose(text: string, tag: 'p' | 'span' = 'p'): HTMLElement {
  const pieces = text.split('`').map((piece, index) => (index % 2 === 0 ? piece : element('code', {}, piece)));
  return element(tag, { lang: 'en' }, ...pieces);
}

/** A piece of JSON, or of anything else that is written in lines; it scrolls by itself. */
export function code(value: unknown, name: string): HTMLElement {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return element('pre', { tabindex: '0', role: 'region', 'aria-label': name }, text);
}

/** A table that scrolls by itself where it is wider than the page. */
export function table(name: string, head: readonly string[], rows: readonly HTMLElement[]): HTMLElement {
  return element(
    'div',
    { class: 'fields', tabindex: '0', role: 'group', 'aria-label': name },
    element(
      'table',
      { role: 'table' },
      element(
        'thead',
        { role: 'rowgroup' },
        element('tr', { role: 'row' }, ...head.map((title) => element('th', { scope: 'col' }, title))),
      ),
      element('tbody', { role: 'rowgroup' }, ...rows),
    ),
  );
}

/** A row of a table. It keeps its role where a narrow screen shows it as lines. */
export function row(...cells: readonly HTMLElement[]): HTMLElement {
  return element('tr', { role: 'row' }, ...cells);
}

/** A cell of a row; what the document says itself is English. */
export function cell(language: 'en' | undefined, ...content: Parameters<typeof element>[2][]): HTMLElement {
  return element('td', { role: 'cell', lang: language ?? false }, ...content);
}

/** The fields of a body, a row each; undefined where it has none of its own. */
export function fieldTable(schemas: Schemas, schema: Schema, name: string, texts: DocsTexts): HTMLElement | undefined {
  const rows = schemas.rows(schema);
  if (rows.length === 0) return undefined;
  return table(
    name,
    [texts.field, texts.type, texts.meaning],
    rows.map(({ path, required, type, bounds, description }) =>
      row(
        cell(undefined, element('code', {}, path), !required && element('small', {}, ` ${texts.optional}`)),
        cell('en', type, bounds !== '' && element('small', {}, ` ${bounds}`)),
        cell('en', prose(description, 'span')),
      ),
    ),
  );
}

const LOCKS = {
  open: 'M7 11V7a5 5 0 0 1 9.9-1M5 11h14a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2z',
  closed: 'M7 11V7a5 5 0 0 1 10 0v4M5 11h14a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2z',
} as const;

/** A lock, for the eye alone: the words beside it say the same. */
export function lock(kind: keyof typeof LOCKS): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  for (const [name, value] of [
    ['viewBox', '0 0 24 24'],
    ['class', 'lock'],
    ['aria-hidden', 'true'],
  ] as const)
    svg.setAttribute(name, value);
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', LOCKS[kind]);
  svg.append(path);
  return svg;
}
