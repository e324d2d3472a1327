/** The rule of direction as data: what each place may import. CI refuses what breaks it. */

/** Packages a package may import. */
export const packageLayers: Readonly<Record<string, readonly string[]>> = {
  '@molva/contract': [],
  '@molva/centrifuge-server': [],
  '@molva/sdk': ['@molva/contract'],
  '@molva/start-page': ['@molva/contract', '@molva/sdk'],
  '@molva/server': ['@molva/contract', '@molva/centrifuge-server'],
  '@molva/e2e': ['@molva/contract', '@molva/sdk'],
  '@molva/bench': ['@molva/centrifuge-server'],
  '@molva/tools': ['@molva/contract', '@molva/sdk'],
};

/** Packages of which another may take types alone: nothing of them may be in its bundle. */
export const typesOnly: readonly (readonly [from: string, to: string])[] = [['@molva/sdk', '@molva/contract']];

/** Packages that one file alone of another package may import: it stands for them behind a port. */
export const onlyThrough: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '@molva/server': { '@molva/centrifuge-server': 'packages/server/src/modules/live/embedded.ts' },
};

/**
 * Inside the server: `main → app → composition → {http, modules} → platform`. `app` are the files above the folders:
 * what a start is, step by step; `composition/` makes each of its parts.
 */
export const serverLayers: Readonly<Record<string, readonly string[]>> = {
  platform: [],
  http: ['platform'],
  modules: ['platform', 'modules'],
  composition: ['platform', 'http', 'modules'],
  app: ['platform', 'http', 'modules', 'composition'],
  testing: ['platform', 'http', 'modules', 'composition', 'app'],
};

/** Modules in order: one may import those before it, and only through their `index.ts`. `live` imports none. */
export const moduleOrder = ['iam', 'files', 'chats', 'clients', 'sessions'] as const;
export const lastModules = ['operators', 'bots', 'webhooks', 'push', 'reports'] as const;

/**
 * Inside a module that is several ideas: what each of its folders may import of the others. The files above the folders
 * are the module's composition and may import all of them; so may its `routes`.
 */
export const innerLayers: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  sessions: {
    state: [],
    lists: ['state'],
    answering: ['state'],
    messages: ['state'],
    starting: ['state', 'answering'],
    client: ['state', 'answering', 'messages'],
    people: ['state', 'answering'],
    dialogs: ['state', 'answering'],
  },
};
