import { element } from '../dom.ts';
import { curlOf } from '../snippets.ts';
import type { CallParts } from './call-view.ts';
import type { Access, Call, Parameter } from './openapi.ts';
import { code } from './parts.ts';
import { field, type Sender } from './who-calls.ts';

/** As whom a call is sent where nobody says otherwise. */
const usual: Readonly<Record<Access, Sender>> = {
  open: 'nobody',
  credentials: 'nobody',
  holder: 'session',
  user: 'user',
  admin: 'user',
};

/** What a form comes to. */
interface Request {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** A form that makes the call and shows what came; none where the body is not JSON. */
export function tryForm(call: Call, parts: CallParts): HTMLElement | false {
  const content = call.operation.requestBody?.content;
  if (content !== undefined && content['application/json'] === undefined) return false;
  return new TryForm(call, parts).node;
}

class TryForm {
  readonly node: HTMLElement;
  readonly #call: Call;
  readonly #parts: CallParts;
  readonly #inputs: readonly (readonly [Parameter, HTMLInputElement])[];
  readonly #body: HTMLTextAreaElement | undefined;
  readonly #sender: HTMLSelectElement;
  readonly #outcome = element('div', { class: 'outcome', 'aria-live': 'polite' });

  constructor(call: Call, parts: CallParts) {
    const { parameters = [], requestBody, operationId: id } = call.operation;
    const { texts } = parts;
    this.#call = call;
    this.#parts = parts;
    this.#inputs = parameters.map((parameter) => [parameter, inputOf(parameter, id)] as const);
    if (requestBody !== undefined) {
      this.#body = element('textarea', { id: `${id}-body`, rows: '8', spellcheck: 'false', autocomplete: 'off' });
      this.#body.value = JSON.stringify(requestBody.content['application/json']?.example ?? {}, null, 2);
    }
    this.#sender = element(
      'select',
      { id: `${id}-sender` },
      element('option', { value: 'nobody' }, texts.nobody),
      element('option', { value: 'user' }, texts.user),
      element('option', { value: 'session' }, texts.holder),
    );
    this.#sender.value = usual[call.operation['x-access'] ?? 'open'];
    const submit = (event: Event): void => {
      event.preventDefault();
      void this.#send();
    };
    this.node = element(
      'form',
      { class: 'form try', submit, novalidate: true, 'aria-label': `${texts.tryIt}: ${id}` },
      element('h3', {}, texts.tryIt),
      ...this.#inputs.map(([{ name, required }, input]) =>
        field(element('span', {}, name, !required && element('small', {}, ` ${texts.optional}`)), input),
      ),
      this.#body && field(texts.body, this.#body),
      field(texts.sendAs, this.#sender),
      element('button', { type: 'submit', class: 'main' }, texts.send),
      element('button', { type: 'button', click: (event) => void this.#copy(event) }, texts.copyCurl),
      this.#outcome,
    );
  }

  /** What the form says; a sentence where something is missing in it. */
  #request(): Request | string {
    const { texts, base, who } = this.#parts;
    const missing = this.#inputs.find(([{ required }, input]) => required && input.value.trim() === '');
    if (missing !== undefined) {
      missing[1].focus();
      return `${texts.missing}: ${missing[0].name}`;
    }
    let path = this.#call.path;
    const query = new URLSearchParams();
    const headers: Record<string, string> = {};
    for (const [{ name, in: place }, { value }] of this.#inputs) {
      const given = value.trim();
      if (place === 'path') path = path.replace(`{${name}}`, encodeURIComponent(given));
      else if (given !== '') {
        if (place === 'query') query.set(name, given);
        else headers[name] = given;
      }
    }
    const body = this.#body?.value.trim();
    if (body !== undefined) {
      const fault = faultOf(body);
      if (fault !== undefined) return `${texts.notJson}: ${fault}`;
      headers['Content-Type'] = 'application/json';
    }
    const token = who.tokenOf(this.#sender.value as Sender);
    if (token !== '') headers['Authorization'] = `Bearer ${token}`;
    const end = query.size === 0 ? '' : `?${query.toString()}`;
    return { url: location.origin + base + path + end, method: this.#call.method, headers, body };
  }

  async #send(): Promise<void> {
    const { texts, who } = this.#parts;
    const request = this.#request();
    if (typeof request === 'string') return this.#say(request);
    const { url, ...init } = request;
    this.#outcome.replaceChildren(element('p', {}, texts.sending));
    const started = performance.now();
    const answer = await fetch(url, { ...init, body: init.body ?? null }).catch(() => undefined);
    if (answer === undefined) return this.#say(texts.noAnswer);
    const text = await answer.text();
    const took = Math.round(performance.now() - started);
    const value = parsed(text);
    if (answer.ok) who.hear(value);
    const errorCode = answer.headers.get('x-error-code');
    this.#outcome.replaceChildren(
      element(
        'p',
        { class: answer.ok ? '' : 'bad' },
        element('strong', {}, String(answer.status)),
        `, ${took} ms `,
        errorCode !== null && element('code', {}, errorCode),
      ),
      text === ''
        ? element('p', {}, texts.emptyAnswer)
        : code(value ?? text, `${texts.answer}: ${this.#call.operation.operationId}`),
    );
    if (answer.status === 401 && request.headers['Authorization'] === undefined)
      this.#outcome.append(element('p', {}, element('a', { href: '#who' }, texts.needs)));
  }

  async #copy({ currentTarget }: Event): Promise<void> {
    const request = this.#request();
    if (typeof request === 'string') return this.#say(request);
    const button = currentTarget as HTMLButtonElement;
    await navigator.clipboard.writeText(curlOf(request.method, request.url, request.headers, request.body));
    button.textContent = this.#parts.texts.copied;
    setTimeout(() => (button.textContent = this.#parts.texts.copyCurl), 1500);
  }

  #say(sentence: string): void {
    this.#outcome.replaceChildren(element('p', { class: 'bad' }, sentence));
  }
}

function inputOf({ name, required, example }: Parameter, id: string): HTMLInputElement {
  return element('input', {
    id: `${id}-${name}`,
    type: 'text',
    required,
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: [example ?? ''].flat().map(plain).join(','),
  });
}

/** A value as it stands in an address. */
function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function faultOf(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
