import 'swagger-ui-dist/swagger-ui.css';
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';

type Value = string | number | boolean;

interface Parameter {
  description: string;
  readonly required: boolean;
  example?: Value | readonly Value[];
}

interface Operation {
  readonly parameters?: readonly Parameter[];
}

/** What the page changes of an OpenAPI document. */
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Shows the OpenAPI document of an address, with a form to try each call. */
export async function showHttpDocs(root: HTMLElement, url: string): Promise<void> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  // The library knows a dark theme by a class; the system's choice decides.
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const follow = (): void => void document.documentElement.classList.toggle('dark-mode', dark.matches);
  dark.addEventListener('change', follow);
  follow();

  SwaggerUI({
    spec: withoutOptionalValues((await answer.json()) as OpenApi),
    domNode: root,
    deepLinking: true,
    docExpansion: 'list',
    defaultModelsExpandDepth: -1,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
}

/** The forms begin with what a call needs: the library would fill in every filter there is, and find nothing. */
function withoutOptionalValues(document: OpenApi): OpenApi {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  for (const parameter of operations.flatMap(({ parameters = [] }) => parameters)) {
    if (parameter.required || parameter.example === undefined) continue;
    // A list is sent as a comma list.
    const example = [parameter.example].flat().join(',');
    parameter.description += `. Example: \`${example}\``;
    delete parameter.example;
  }
  return document;
}
