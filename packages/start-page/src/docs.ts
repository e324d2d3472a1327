import { byId, element } from './dom.ts';

// The parts are big or rarely wanted: each is loaded where it is looked at.
const live = new URLSearchParams(location.search).has('live');
byId(live ? 'live' : 'http').setAttribute('aria-current', 'page');
const source = byId('source');
if (live) {
  source.setAttribute('href', '/api/v1/asyncapi.json');
  source.textContent = 'asyncapi.json';
}

const root = byId('docs');
const shown = live
  ? import('./live-docs.ts').then(({ showLiveDocs }) => showLiveDocs(root, '/api/v1/asyncapi.json'))
  : import('./http-docs.ts').then(({ showHttpDocs }) => showHttpDocs(root, '/api/v1/openapi.json'));
shown.catch((error: unknown) => {
  root.replaceChildren(element('p', { role: 'alert', class: 'docs-failed' }, `This cannot be shown: ${String(error)}`));
});
