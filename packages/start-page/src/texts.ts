/** Languages of the page. */
export type Language = 'en' | 'ru';

const en = {
  chat: 'Chat',
  wire: 'Wire',
  next: 'Next',
  api: 'API',
  language: 'Language',
  placeholder: 'Write a message',
  send: 'Send',
  typing: 'is typing…',
  typingUnnamed: 'Typing…',
  newChat: 'New conversation',
  ended: 'The conversation has ended.',
  failed: 'Not sent',
  retry: 'Try again',
  discard: 'Delete',
  pending: 'Sending…',
  older: 'Earlier messages',
  live: 'Connected',
  connecting: 'Connecting…',
  offline: 'No connection. Messages wait and will be sent.',
  noDemo: 'There is no demo chat in this language. Create a chat through the API and open this page with ?chat=<id>.',
  nextHint: 'From here to a chat of your own.',
  wireHint: 'Every call and every frame of this chat, as it happens.',
  clear: 'Clear',
  copyCurl: 'Copy as curl',
  copySnippet: 'Copy as code',
  copyJson: 'Copy JSON',
  copied: 'Copied',
  request: 'Request',
  answer: 'Answer',
  you: 'You',
  log: 'Messages',
  quick: 'Ready answers',
  follow: 'Show pings',
  empty: 'Nothing yet.',
};
type Texts = typeof en;

const ru: Texts = {
  chat: 'Чат',
  wire: 'Протокол',
  next: 'Дальше',
  api: 'API',
  language: 'Язык',
  placeholder: 'Напишите сообщение',
  send: 'Отправить',
  typing: 'печатает…',
  typingUnnamed: 'Печатает…',
  newChat: 'Новый разговор',
  ended: 'Разговор завершён.',
  failed: 'Не отправлено',
  retry: 'Повторить',
  discard: 'Удалить',
  pending: 'Отправляется…',
  older: 'Более ранние сообщения',
  live: 'На связи',
  connecting: 'Подключаемся…',
  offline: 'Нет связи. Сообщения подождут и будут отправлены.',
  noDemo: 'Демо-чата на этом языке нет. Создайте чат через API и откройте страницу с ?chat=<id>.',
  nextHint: 'Отсюда до своего чата.',
  wireHint: 'Каждый вызов и каждый кадр этого чата по мере того, как они идут.',
  clear: 'Очистить',
  copyCurl: 'Скопировать как curl',
  copySnippet: 'Скопировать как код',
  copyJson: 'Скопировать JSON',
  copied: 'Скопировано',
  request: 'Запрос',
  answer: 'Ответ',
  you: 'Вы',
  log: 'Сообщения',
  quick: 'Готовые ответы',
  follow: 'Показывать пинги',
  empty: 'Пока пусто.',
};

const all: Readonly<Record<Language, Texts>> = { en, ru };
const KEY = 'molva:language';

/** The language chosen before, else the browser's own. */
export function initialLanguage(): Language {
  const kept = localStorage.getItem(KEY);
  if (kept === 'en' || kept === 'ru') return kept;
  return navigator.language.startsWith('ru') ? 'ru' : 'en';
}

/** Keeps the choice of a language. */
export function keepLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
}

/** The texts of a language. */
export function textsOf(language: Language): Texts {
  return all[language];
}
/** The texts of the page in some language. */
export type { Texts };
