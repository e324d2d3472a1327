import { element } from './dom.ts';
import type { Language, Texts } from './texts.ts';

/** A step from the demo to a chat of one's own. */
interface Step {
  readonly title: string;
  readonly words: string;
  readonly code: string;
}

/** What to do after the demo, with the address and the chat of this page in what is to be copied. */
export function nextSteps(texts: Texts, language: Language, chatId: string | undefined): HTMLElement[] {
  const api = `${location.origin}/api/v1`;
  return [
    element('header', { class: 'panel-head' }, element('p', {}, texts.nextHint)),
    element(
      'div',
      { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': texts.next },
      ...stepsOf(language, api, chatId ?? '…').map(({ title, words, code }) =>
        element(
          'details',
          { class: 'step' },
          element('summary', {}, title),
          prose(words),
          element('pre', { tabindex: '0', role: 'region', 'aria-label': title }, code),
        ),
      ),
    ),
  ];
}

function stepsOf(language: Language, api: string, chatId: string): Step[] {
  const codes = [
    `import { createChat } from '@molva/sdk';
const chat = createChat({ url: '${location.origin}', chatId: '${chatId}' });`,
    `TOKEN=$(curl -s ${api}/auth/login -H 'Content-Type: application/json' \\
  -d '{"email":"admin@localhost","password":"…"}' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
curl ${api}/chats -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d '{"name":"My site"}'`,
    `curl ${api}/bots -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{
  "name": "Greeter",
  "scenario": { "version": 1, "language": "${language}", "start": "start", "blocks": {
    "start": { "type": "start", "next": "ask" },
    "ask": { "type": "question", "text": "Hello! What is it about?", "variable": "topic", "default": "call" },
    "call": { "type": "operator", "announcement": "{topic}" } } } }'
curl -X PUT ${api}/chats/CHAT -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' -d '{"botId":"BOT"}'`,
    `import { SignJWT } from 'jose';
const identityToken = await new SignJWT({ name: 'Ann' })
  .setProtectedHeader({ alg: 'HS256' }).setSubject('customer-17').setExpirationTime('1h')
  .sign(new TextEncoder().encode(process.env.IDENTITY_SECRET));`,
    'MOLVA_ALLOWED_ORIGINS=https://shop.example npm start',
  ];
  return steps[language].map(([title, words], index) => ({ title, words, code: codes[index] ?? '' }));
}

const steps: Readonly<Record<Language, readonly (readonly [title: string, words: string])[]>> = {
  en: [
    [
      'Where the id of a chat comes from',
      'This is the id of the demo chat. That of your own is what `POST /chats` answers; `GET /chats` lists all of them.',
    ],
    ['Make a chat', 'Sign in as the administrator, then make it. The answer is its `id`.'],
    ['Make a bot', 'A scenario is checked whole before it is kept. Then the chat is told which bot answers in it.'],
    [
      'Say who the visitor is',
      'Set `identityVerification` and an `identitySecret` of 32 characters or more in the chat, with `PUT /chats/{chatId}`. Your server signs a token with it, the page passes it on as `identityToken` of a start. `sub` is your own id of the visitor, `exp` is needed.',
    ],
    [
      'Let another site in (CORS)',
      'Pages of other addresses than this one are named, in a comma list, when Molva is started: for calls and for sockets.',
    ],
  ],
  ru: [
    [
      'Откуда берётся id чата',
      'Это id демо-чата. Id своего чата возвращает `POST /chats`; `GET /chats` показывает все.',
    ],
    ['Создать чат', 'Войдите как администратор и создайте его. В ответе будет его `id`.'],
    [
      'Создать бота',
      'Сценарий проверяется целиком, прежде чем сохранится. Потом чату говорят, какой бот в нём отвечает.',
    ],
    [
      'Сказать, кто посетитель',
      'Задайте в чате `identityVerification` и `identitySecret` от 32 символов: `PUT /chats/{chatId}`. Ваш сервер подписывает им токен, страница передаёт его как `identityToken` при начале. `sub` — ваш id посетителя, `exp` обязателен.',
    ],
    [
      'Впустить другой сайт (CORS)',
      'Страницы с других адресов перечисляют через запятую при запуске Молвы: это и для вызовов, и для сокетов.',
    ],
  ],
};

/** A text in which what stands in backticks is code. */
function prose(text: string): HTMLElement {
  return element(
    'p',
    {},
    ...text.split('`').map((piece, index) => (index % 2 === 0 ? piece : element('code', {}, piece))),
  );
}
