import { element } from '../dom.ts';
import type { DocsTexts } from './texts.ts';

/** As whom a call is sent. */
export type Sender = 'nobody' | 'user' | 'session';

/** The tokens of whoever tries calls. They live in the page alone. */
export class WhoCalls {
  readonly node: HTMLElement;
  readonly #base: string;
  readonly #texts: DocsTexts;
  readonly #user: HTMLInputElement;
  readonly #session: HTMLInputElement;
  readonly #said = element('p', { role: 'status' });

  constructor(base: string, texts: DocsTexts) {
    this.#base = base;
    this.#texts = texts;
    this.#user = secret('who-user');
    this.#session = secret('who-session');
    const email = element('input', { id: 'who-email', type: 'email', autocomplete: 'username', required: true });
    email.value = 'admin@localhost';
    const password = element('input', {
      id: 'who-password',
      type: 'password',
      autocomplete: 'current-password',
      required: true,
      'aria-describedby': 'who-password-hint',
    });
    const submit = (event: Event): void => {
      event.preventDefault();
      void this.#signIn(email.value, password.value);
    };
    this.node = element(
      'details',
      { class: 'who', id: 'who' },
      element('summary', {}, element('strong', {}, texts.who)),
      element(
        'div',
        { class: 'call-body' },
        element('p', {}, texts.whoHint),
        element(
          'form',
          { class: 'form', submit },
          field(texts.email, email),
          field(texts.password, password),
          element('button', { type: 'submit', class: 'main' }, texts.signIn),
          element('p', { id: 'who-password-hint', class: 'hint' }, texts.passwordHint),
        ),
        this.#said,
        element(
          'div',
          { class: 'form' },
          field(texts.token, this.#user),
          field(texts.sessionToken, this.#session),
          element('button', { type: 'button', click: () => this.#forget() }, texts.forget),
          element('p', { class: 'hint' }, texts.sessionHint),
        ),
      ),
    );
  }

  /** The token that goes with a sender; empty where it has none. */
  tokenOf(sender: Sender): string {
    if (sender === 'nobody') return '';
    return (sender === 'user' ? this.#user : this.#session).value.trim();
  }

  /** Keeps the tokens that an answer brings. */
  hear(answer: unknown): void {
    if (typeof answer !== 'object' || answer === null) return;
    const { token, refreshToken, sessionToken } = answer as Readonly<Record<string, unknown>>;
    if (typeof token === 'string' && typeof refreshToken === 'string') this.#user.value = token;
    if (typeof sessionToken === 'string') this.#session.value = sessionToken;
  }

  async #signIn(email: string, password: string): Promise<void> {
    const answer = await fetch(`${this.#base}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    }).catch(() => undefined);
    const body = (await answer?.json().catch(() => undefined)) as { error?: string } | undefined;
    this.#said.classList.toggle('bad', answer?.ok !== true);
    if (answer?.ok === true) {
      this.hear(body);
      this.#said.textContent = this.#texts.signedIn;
    } else this.#said.textContent = `${this.#texts.refused}: ${body?.error ?? this.#texts.noAnswer}`;
  }

  #forget(): void {
    this.#user.value = this.#session.value = this.#said.textContent = '';
  }
}

/** A field under its name. */
export function field(
  name: string | HTMLElement,
  input: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement,
): HTMLElement {
  return element('p', { class: 'field' }, element('label', { for: input.id }, name), input);
}

/** A field for what nobody else should read over a shoulder, and no browser should keep. */
function secret(id: string): HTMLInputElement {
  return element('input', { id, type: 'password', autocomplete: 'off', spellcheck: 'false' });
}
