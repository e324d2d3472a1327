import { createChat } from '@molva/sdk';
import { ChatView } from './chat-view.ts';
import { byId, element } from './dom.ts';
import { Recorder } from './recorder.ts';
import { initialLanguage, keepLanguage, textsOf, type Language, type Texts } from './texts.ts';
import { WireView } from './wire-view.ts';

interface DemoChats {
  readonly chats: readonly { readonly language: string; readonly chatId: string }[];
}

const language = initialLanguage();
const texts = textsOf(language);

translatePage();
addTabs();
await openChat();

function translatePage(): void {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll<HTMLElement>('[data-text]'))
    node.textContent = texts[node.dataset['text'] as keyof Texts];
  for (const node of document.querySelectorAll<HTMLElement>('[data-label]'))
    node.setAttribute('aria-label', texts[node.dataset['label'] as keyof Texts]);
  const choice = byId('language') as HTMLSelectElement;
  choice.value = language;
  choice.addEventListener('change', () => {
    keepLanguage(choice.value as Language);
    location.reload();
  });
}

/** On a narrow screen one of the panels is shown. */
function addTabs(): void {
  const main = byId('main');
  const names = ['chat', 'wire', 'next'] as const;
  const tabs = names.map((name) =>
    element('button', { type: 'button', role: 'tab', 'aria-controls': name, id: `tab-${name}` }, texts[name]),
  );
  const select = (at: number): void => {
    main.dataset['tab'] = names[at] ?? 'chat';
    tabs.forEach((tab, index) => {
      tab.setAttribute('aria-selected', String(index === at));
      tab.tabIndex = index === at ? 0 : -1;
    });
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener('click', () => select(index));
    tab.addEventListener('keydown', (event) => {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (way === undefined) return;
      const to = (index + way + tabs.length) % tabs.length;
      select(to);
      tabs[to]?.focus();
    });
  });
  select(0);
  byId('tabs').append(...tabs);
}

async function openChat(): Promise<void> {
  const asked = new URLSearchParams(location.search).get('chat');
  const chatId = asked ?? (await demoChat());
  // The chat comes first: what is read later is loaded beside it.
  void import('./next-steps.ts').then(({ nextSteps }) => byId('next').append(...nextSteps(texts, language, chatId)));
  const recorder = new Recorder();
  new WireView(byId('wire'), recorder, texts);
  if (chatId === undefined) {
    byId('chat').replaceChildren(element('p', { class: 'empty' }, texts.noDemo));
    return;
  }
  const chat = createChat({
    url: location.origin,
    chatId,
    variables: { language },
    fetch: recorder.fetch,
    websocket: recorder.WebSocket,
  });
  new ChatView(byId('chat'), chat, texts, language);
  // The refusal is part of the state, and shown from there.
  await chat.start().catch(() => undefined);
}

async function demoChat(): Promise<string | undefined> {
  const { chats } = (await (await fetch('/demo.json')).json()) as DemoChats;
  return (chats.find((chat) => chat.language === language) ?? chats[0])?.chatId;
}
