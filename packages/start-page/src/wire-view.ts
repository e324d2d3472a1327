import { element } from './dom.ts';
import type { Recorder, WireRecord } from './recorder.ts';
import { asCode, asCurl } from './snippets.ts';
import type { Texts } from './texts.ts';

/** The live view of the wire. */
export class WireView {
  readonly #recorder: Recorder;
  readonly #texts: Texts;
  readonly #list = element('ol', { class: 'records' });
  readonly #shown = new Map<number, { record: WireRecord; node: HTMLElement }>();
  readonly #pings = element('input', { type: 'checkbox', change: () => this.#draw() });

  constructor(root: HTMLElement, recorder: Recorder, texts: Texts) {
    this.#recorder = recorder;
    this.#texts = texts;
    const clear = element('button', { type: 'button', class: 'quiet', click: () => recorder.clear() }, texts.clear);
    const head = element(
      'div',
      { class: 'panel-head' },
      element('p', {}, texts.wireHint),
      element('label', {}, this.#pings, ` ${texts.follow}`),
      clear,
    );
    root.replaceChildren(head, element('div', { class: 'scroll', tabindex: '0' }, this.#list));
    recorder.watch(() => this.#draw());
    this.#draw();
  }

  #draw(): void {
    const records = this.#recorder.records.filter((record) => this.#pings.checked || !isPing(record));
    const wanted = new Set(records.map(({ id }) => id));
    for (const [id, { node }] of this.#shown) {
      if (wanted.has(id)) continue;
      node.remove();
      this.#shown.delete(id);
    }
    const scroll = this.#list.parentElement;
    const atEnd = scroll !== null && scroll.scrollTop + scroll.clientHeight >= scroll.scrollHeight - 40;
    let previous: HTMLElement | null = null;
    for (const record of records) {
      const known = this.#shown.get(record.id);
      const node: HTMLElement = known?.record === record ? known.node : this.#row(record);
      if (known !== undefined && known.node !== node) known.node.replaceWith(node);
      else if (known === undefined) {
        if (previous === null) this.#list.prepend(node);
        else previous.after(node);
      }
      this.#shown.set(record.id, { record, node });
      previous = node;
    }
    if (atEnd && scroll !== null) scroll.scrollTop = scroll.scrollHeight;
  }

  #row(record: WireRecord): HTMLElement {
    const { direction, title, note, tone } = summary(record);
    const details = element(
      'details',
      { class: `record ${tone}` },
      element(
        'summary',
        {},
        element('time', {}, record.at.toTimeString().slice(0, 8)),
        element('span', { class: 'arrow', 'aria-hidden': 'true' }, direction),
        element('code', { class: 'title' }, title),
        element('span', { class: 'note' }, note),
      ),
    );
    // The body is built when somebody looks: most records are never opened.
    details.addEventListener('toggle', () => details.childElementCount === 1 && details.append(...this.#body(record)));
    return element('li', {}, details);
  }

  #body(record: WireRecord): Node[] {
    const { request, answer } = this.#texts;
    if (record.kind === 'socket') return [code(record.url)];
    if (record.kind === 'frame') {
      const socket = this.#recorder.records.find((other) => other.kind === 'socket');
      const snippet =
        record.direction === 'out' ? asCode(record.message, socket?.kind === 'socket' ? socket.url : '') : undefined;
      return [
        this.#tools([
          [this.#texts.copyJson, JSON.stringify(record.message)],
          [this.#texts.copySnippet, snippet],
        ]),
        json(record.message),
      ];
    }
    return [
      this.#tools([
        [this.#texts.copyCurl, asCurl(record)],
        [this.#texts.copyJson, JSON.stringify(record.answer)],
      ]),
      ...(record.request === undefined ? [] : [element('h3', {}, request), json(record.request)]),
      ...(record.answer === undefined ? [] : [element('h3', {}, answer), json(record.answer)]),
    ];
  }

  #tools(copies: readonly (readonly [string, string | undefined])[]): HTMLElement {
    const buttons = copies.flatMap(([label, text]) => {
      if (text === undefined) return [];
      const button = element('button', { type: 'button', class: 'quiet' }, label);
      button.addEventListener('click', () => void this.#copy(button, label, text));
      return [button];
    });
    return element('div', { class: 'copies' }, ...buttons);
  }

  async #copy(button: HTMLButtonElement, label: string, text: string): Promise<void> {
    await navigator.clipboard.writeText(text);
    button.textContent = this.#texts.copied;
    setTimeout(() => (button.textContent = label), 1500);
  }
}

function isPing(record: WireRecord): boolean {
  return record.kind === 'frame' && Object.keys(record.message).length === 0;
}

function summary(record: WireRecord): { direction: string; title: string; note: string; tone: string } {
  if (record.kind === 'call') {
    const path = record.url.replace(/^https?:\/\/[^/]+/, '');
    const answered = record.status > 0;
    const note = answered ? `${record.status} · ${record.milliseconds.toFixed(0)} ms` : record.status < 0 ? '×' : '…';
    return {
      direction: '⇄',
      title: `${record.method} ${path}`,
      note,
      tone: record.status < 0 || record.status >= 400 ? 'bad' : 'call',
    };
  }
  if (record.kind === 'socket') {
    return {
      direction: '⇅',
      title: `WebSocket ${record.state}`,
      note: record.code === 0 ? '' : String(record.code),
      tone: 'call',
    };
  }
  return { direction: record.direction === 'in' ? '↓' : '↑', ...frameTitle(record.message), tone: record.direction };
}

function frameTitle(message: Readonly<Record<string, unknown>>): { title: string; note: string } {
  const { push, error } = message as {
    push?: { pub?: { data?: { event?: string }; offset?: number } };
    error?: { code: number; message: string };
  };
  if (push?.pub !== undefined)
    return { title: push.pub.data?.event ?? 'pub', note: push.pub.offset === undefined ? '' : `#${push.pub.offset}` };
  if (error !== undefined) return { title: 'error', note: `${error.code} ${error.message}` };
  const name = Object.keys(message).find((key) => key !== 'id');
  const rpc = message['rpc'] as { method?: string } | undefined;
  return {
    title: name === undefined ? 'ping' : `${name}${rpc?.method === undefined ? '' : ` ${rpc.method}`}`,
    note: '',
  };
}

function json(value: unknown): HTMLElement {
  return code(JSON.stringify(value, null, 2));
}

function code(text: string): HTMLElement {
  return element('pre', { tabindex: '0' }, element('code', {}, text));
}
