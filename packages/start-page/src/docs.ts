import { docsTextsOf } from './docs/texts.ts';
import { byId, element } from './dom.ts';
import { initialLanguage, keepLanguage, type Language } from './texts.ts';

const language = initialLanguage();
const texts = docsTextsOf(language);
const live = new URLSearchParams(location.search).has('live');
const url = `/api/v1/${live ? 'asyncapi' : 'openapi'}.json`;

document.documentElement.lang = language;
byId('parts').setAttribute('aria-label', texts.parts);
byId('live').textContent = texts.live;
byId(live ? 'live' : 'http').setAttribute('aria-current', 'page');
const source = byId('source');
source.setAttribute('href', url);
source.textContent = live ? 'asyncapi.json' : 'openapi.json';
const choice = byId('language') as HTMLSelectElement;
choice.setAttribute('aria-label', texts.language);
choice.value = language;
choice.addEventListener('change', () => {
  keepLanguage(choice.value as Language);
  location.reload();
});

const root = byId('docs');
// Each of the two is loaded where it is looked at.
const shown = live
  ? import('./docs/live-docs.ts').then(({ showLiveDocs }) => showLiveDocs(root, url, texts))
  : import('./docs/http-docs.ts').then(({ showHttpDocs }) => showHttpDocs(root, url, texts));
shown.catch((error: unknown) => {
  const words = `${texts.unshown}: ${error instanceof Error ? error.message : String(error)}. ${texts.reload}`;
  root.replaceChildren(element('p', { role: 'alert', class: 'failed' }, words));
});
