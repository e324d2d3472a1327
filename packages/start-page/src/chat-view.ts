import type { Chat, ChatMessage, ChatState } from '@molva/sdk';
import { element } from './dom.ts';
import type { Texts } from './texts.ts';

/** The chat window. */
export class ChatView {
  readonly #chat: Chat;
  readonly #texts: Texts;
  readonly #language: string;
  readonly #status = element('span', { class: 'status', role: 'status' });
  readonly #log: HTMLElement;
  readonly #scroll: HTMLElement;
  readonly #typing = element('p', { class: 'typing', 'aria-live': 'polite' });
  readonly #quick: HTMLElement;
  readonly #input: HTMLTextAreaElement;
  readonly #form: HTMLFormElement;
  readonly #older: HTMLButtonElement;
  #atEnd = true;
  readonly #shown = new Map<string, { message: ChatMessage; node: HTMLElement }>();

  constructor(root: HTMLElement, chat: Chat, texts: Texts, language: string) {
    this.#chat = chat;
    this.#texts = texts;
    this.#language = language;
    this.#log = element('ol', { class: 'messages' });
    this.#quick = element('div', { class: 'quick', role: 'group', 'aria-label': texts.quick });
    this.#older = element(
      'button',
      { type: 'button', class: 'quiet older', click: () => void chat.loadHistory(50) },
      texts.older,
    );
    this.#scroll = element(
      'div',
      { class: 'scroll', tabindex: '0', role: 'log', 'aria-label': texts.log },
      this.#older,
      this.#log,
      this.#typing,
    );
    this.#input = element('textarea', {
      rows: '1',
      placeholder: texts.placeholder,
      'aria-label': texts.placeholder,
      maxlength: '4096',
    });
    this.#form = element(
      'form',
      { class: 'composer' },
      this.#input,
      element('button', { type: 'submit', class: 'main' }, texts.send),
    );
    this.#form.addEventListener('submit', (event) => this.#submit(event));
    this.#input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) this.#submit(event);
    });
    this.#input.addEventListener('input', () => this.#grow());
    const fresh = element(
      'button',
      { type: 'button', class: 'quiet', click: () => void chat.newSession().catch(() => undefined) },
      texts.newChat,
    );
    root.replaceChildren(
      element('div', { class: 'panel-head' }, this.#status, fresh),
      this.#scroll,
      this.#quick,
      this.#form,
    );
    // Pictures grow after they are shown: whoever reads the end goes on reading the end.
    this.#scroll.addEventListener(
      'scroll',
      () => (this.#atEnd = this.#scroll.scrollTop + this.#scroll.clientHeight >= this.#scroll.scrollHeight - 80),
    );
    const growth = new ResizeObserver(() => this.#stayAtEnd());
    growth.observe(this.#log);
    growth.observe(this.#scroll);
    chat.subscribe(() => this.#draw());
    this.#draw();
  }

  #submit(event: Event): void {
    event.preventDefault();
    const body = this.#input.value.trim();
    if (body === '') return;
    this.#input.value = '';
    this.#grow();
    this.#send(body);
  }

  /** A message after the end begins another conversation. */
  #send(body: string): void {
    if (this.#chat.state.connection === 'closed')
      void this.#chat.newSession().then(
        () => this.#chat.send(body),
        () => undefined,
      );
    else this.#chat.send(body);
    this.#input.focus();
  }

  #grow(): void {
    this.#input.style.height = 'auto';
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, 160)}px`;
  }

  #draw(): void {
    const { state } = this.#chat;
    const [tone, text] = this.#statusOf(state);
    this.#status.className = `status ${tone}`;
    if (this.#status.textContent !== text) this.#status.textContent = text;
    this.#older.hidden = !state.hasMoreHistory;
    this.#drawMessages(state.messages);
    const name = state.messages.findLast(({ author }) => author !== 'CLIENT')?.authorName ?? '';
    // Before the first word nobody has a name yet.
    const typing = name === '' ? this.#texts.typingUnnamed : `${name} ${this.#texts.typing}`;
    this.#typing.textContent = state.typing === null ? '' : typing;
    this.#drawQuick(state);
    this.#stayAtEnd();
  }

  #stayAtEnd(): void {
    if (this.#atEnd) this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  #statusOf(state: ChatState): [tone: string, text: string] {
    const { texts } = { texts: this.#texts };
    if (state.error !== null) return ['bad', `${state.error.message} ${state.error.details.remedy}`];
    if (state.connection === 'closed') return ['idle', texts.ended];
    if (state.connection === 'live' || state.connection === 'catchingUp') return ['good', texts.live];
    return state.session === null ? ['idle', texts.connecting] : ['bad', texts.offline];
  }

  #drawMessages(messages: readonly ChatMessage[]): void {
    const keys = new Set(messages.map(keyOf));
    for (const [key, { node }] of this.#shown) {
      if (keys.has(key)) continue;
      node.remove();
      this.#shown.delete(key);
    }
    let previous: HTMLElement | null = null;
    for (const message of messages) {
      const key = keyOf(message);
      const known = this.#shown.get(key);
      const node: HTMLElement = known?.message === message ? known.node : this.#bubble(message);
      if (known !== undefined && known.node !== node) known.node.replaceWith(node);
      const next: Element | null = previous === null ? this.#log.firstElementChild : previous.nextElementSibling;
      if (next !== node) this.#log.insertBefore(node, next);
      this.#shown.set(key, { message, node });
      previous = node;
    }
  }

  #bubble(message: ChatMessage): HTMLElement {
    const own = message.author === 'CLIENT';
    const time = new Date(message.createdAt).toLocaleTimeString(this.#language, { hour: '2-digit', minute: '2-digit' });
    return element(
      'li',
      { class: `message ${own ? 'own' : 'other'} ${message.delivery}` },
      element('span', { class: 'author' }, own ? this.#texts.you : message.authorName),
      element(
        'div',
        { class: 'bubble' },
        message.body,
        ...message.attachments.map(attachment),
        ...message.actions.map((action) => element('span', { class: 'action' }, action.label ?? action.type)),
      ),
      element('span', { class: 'meta' }, message.delivery === 'pending' ? this.#texts.pending : time),
      message.delivery === 'failed' && this.#failure(message),
    );
  }

  #failure(message: ChatMessage): HTMLElement {
    const key = message.clientMessageId ?? '';
    return element(
      'span',
      { class: 'failure' },
      `${this.#texts.failed}. `,
      element('button', { type: 'button', class: 'quiet', click: () => this.#chat.retry(key) }, this.#texts.retry),
      element('button', { type: 'button', class: 'quiet', click: () => this.#chat.discard(key) }, this.#texts.discard),
    );
  }

  /** The buttons of the newest message, until it is answered. */
  #drawQuick(state: ChatState): void {
    const last = state.messages.at(-1);
    const offered =
      last === undefined || last.author === 'CLIENT' || state.connection === 'closed'
        ? []
        : [...(last.keyboard?.buttons.map(({ text }) => text) ?? []), ...last.answers];
    const texts = [...new Set(offered)];
    const current = [...this.#quick.children].map((node) => node.textContent);
    if (texts.length === current.length && texts.every((text, index) => text === current[index])) return;
    this.#quick.replaceChildren(
      ...texts.map((text) => element('button', { type: 'button', click: () => this.#send(text) }, text)),
    );
  }
}

/** One's own message keeps its place on the page when it gets its id. */
function keyOf(message: ChatMessage): string {
  return message.clientMessageId ?? message.id;
}

function attachment(file: ChatMessage['attachments'][number]): HTMLElement {
  const image =
    file.contentType.startsWith('image/') && element('img', { src: file.downloadLink, alt: '', loading: 'lazy' });
  return element(
    'a',
    { class: 'file', href: file.downloadLink, target: '_blank', rel: 'noopener noreferrer' },
    image,
    element('span', {}, file.name),
  );
}
