import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { LIVE_PATH } from '@molva/contract';
import { refuseUnreadable, refuseWhileDraining } from './http/error-answer.ts';
import type { Limits } from './http/rate-limit.ts';
import { createHttpServer } from './http/server.ts';
import { addPages } from './http/pages.ts';
import { addService } from './http/service.ts';
import { Bots, botRoutes, demoBots } from './modules/bots/index.ts';
import { Chats, chatRoutes } from './modules/chats/index.ts';
import { clientRoutes, Clients } from './modules/clients/index.ts';
import { Iam, iamRoutes, Tokens, withAudit, type FirstAdmin } from './modules/iam/index.ts';
import { createLive } from './modules/live/index.ts';
import { operatorRoutes, Operators } from './modules/operators/index.ts';
import {
  dialogRoutes,
  isSessionToken,
  messageRoutes,
  sessionRoutes,
  Sessions,
  type FileSource,
} from './modules/sessions/index.ts';
import { Deliveries } from './modules/webhooks/index.ts';
import { Announcer } from './platform/announcer.ts';
import type { Clock } from './platform/clock.ts';
import { openDatabase, type DatabaseConnection } from './platform/database.ts';
import { DueRunner } from './platform/due.ts';
import { badField } from './platform/failure.ts';
import type { Ids } from './platform/ids.ts';
import type { Log } from './platform/log.ts';
import { Metrics } from './platform/metrics.ts';
import { migrate } from './platform/migrations.ts';
import { openOutgoing } from './platform/outgoing.ts';
import type { Secrets } from './platform/secrets.ts';
import { StartError } from './platform/start-error.ts';

/** What an application is made of; the process, or a test, decides. */
export interface AppOptions {
  readonly connection: DatabaseConnection;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  /** Made from the address listened on where it is absent. */
  readonly publicUrl: string | undefined;
  readonly allowedOrigins: readonly string[] | undefined;
  /** Proxies whose word about the caller's address is taken: addresses and networks. */
  readonly trustedProxies: readonly string[];
  readonly limits: Limits;
  readonly outgoingAllow: readonly string[];
  readonly admin: { readonly email: string; readonly password: string | undefined };
  readonly demo: boolean;
}

/** A running application. Disposing drains it: no new calls, the ones under way finished, sockets sent away. */
export interface App extends AsyncDisposable {
  readonly url: string;
  readonly firstAdmin: FirstAdmin | undefined;
}

/** What answers once everything is composed. */
interface Served {
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

const CONNECTIONS = 16;

/** No file can be uploaded yet, so a message can name none. */
const noFiles: FileSource = async (ids, _companyId, field) => {
  if (ids.length > 0) throw badField(field, 'there is no such file');
  return [];
};

/** Composes the application, brings the database up to date, and listens. */
export async function startApp(options: AppOptions): Promise<App> {
  await using opened = new AsyncDisposableStack();
  const { clock, ids, log } = options;
  const database = opened.use(
    openDatabase(options.connection, CONNECTIONS, (error) => log.error({ error }, 'a database connection broke')),
  );
  const applied = await migrate(database);
  if (applied > 0) log.info({ applied }, 'the database was brought up to date');

  // The address is needed to compose (links, origins) and known only once the port is taken. Whoever calls before
  // everything is composed waits for it.
  const stopping = new AbortController();
  const composed = Promise.withResolvers<Served>();
  const http = createServer(
    (request, response) => void composed.promise.then((served) => served.request(request, response)),
  );
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void composed.promise.then((served) => served.upgrade(request, socket, head));
  });
  http.on('clientError', refuseUnreadable);
  await listen(http, options.host, options.port);
  const closed = once(http, 'close');
  opened.defer(async () => {
    http.close();
    // A start that failed has never served: whoever waits for it will not be answered.
    if (!stopping.signal.aborted) http.closeAllConnections();
    // A connection whose call was under way becomes idle when it is answered.
    const sweeping = setInterval(() => http.closeIdleConnections(), 20);
    await closed;
    clearInterval(sweeping);
  });
  const { port } = http.address() as AddressInfo;
  const url = options.publicUrl ?? `http://${hostOf(options.host)}:${port}`;
  const allowedOrigins = options.allowedOrigins ?? originsOf(url, port);

  const announcer = new Announcer(log);
  const metrics = new Metrics();
  const outgoing = opened.use(openOutgoing(options.outgoingAllow));
  const due = opened.use(new DueRunner(database, clock, log));
  const iam = new Iam({
    database,
    clock,
    ids,
    log,
    due,
    tokens: new Tokens(options.secrets.signing, clock),
    groupsOf: (companyId, userId) => operators.groupIdsOf(companyId, userId),
    releaseSessions: (companyId, userId) => sessions.people.release(companyId, userId),
  });
  const bots = new Bots({
    database,
    clock,
    ids,
    outgoing,
    publicUrl: url,
    mayWriteTo: (companyId, user) => iam.mayWriteTo(companyId, user),
    changed: () => chats.forget(),
  });
  const chats: Chats = new Chats({
    database,
    clock,
    ids,
    botExists: (id, companyId) => bots.exists(id, companyId),
    closeSessions: (chatId) => sessions.closeChat(chatId),
  });
  const clients = new Clients({
    database,
    clock,
    ids,
    changed: (companyId, clientId) => sessions.clientChanged(companyId, clientId),
  });
  const operators: Operators = new Operators({ database, clock, ids, users: iam });
  const tokenKey = options.secrets.sessionKey;
  const sessions = new Sessions({
    database,
    clock,
    ids,
    announcer,
    due,
    log,
    chats,
    bots,
    operators,
    files: noFiles,
    tokenKey,
    tagNames: (listed) => clients.tags.namesOf(listed),
    callbackSecret: (companyId) => iam.callbackSecret(companyId),
    stopping: stopping.signal,
  });
  new Deliveries({ database, clock, due, outgoing, log });

  const live = opened.use(
    createLive({
      announcer,
      allowedOrigins,
      log,
      version: `${options.version} Molva`,
      gate: {
        enter: async (id, caller) => {
          const session = await sessions.enter(id, caller);
          return { id: session.id, open: session.status === 'ACTIVE' };
        },
        joined: (id) => sessions.joined(id),
        left: (id) => sessions.left(id),
        read: (id, messageId) => sessions.corrections.read(messageId, id, false),
        rate: (id, rating, comment) => sessions.rate(id, rating, comment),
      },
      events: sessions.streams,
      afterBreak: (listener) => database.afterBreak(listener),
      clock,
    }),
  );
  const server = await createHttpServer({
    routes: withAudit(
      [
        ...iamRoutes(iam, clock),
        ...chatRoutes(chats),
        ...clientRoutes(clients),
        ...botRoutes(bots),
        ...operatorRoutes(operators),
        ...sessionRoutes(sessions),
        ...dialogRoutes(sessions, database),
        ...messageRoutes(sessions, noFiles),
      ],
      iam.audit,
    ),
    identify: (token) => iam.identify(token),
    isSessionToken,
    allowedOrigins,
    trustedProxies: options.trustedProxies,
    limits: options.limits,
    clock,
    log,
    observe: (operation, status, seconds) => metrics.observeCall(operation, status, seconds),
  });
  metrics.watchLive(() => live.figures());
  addService(server, { database, metrics, url, version: options.version });
  await addPages(server, { demoChats: () => chats.store.demoChats() });
  await server.ready();
  opened.defer(() => server.close());
  const firstAdmin = await iam.createFirstCompany(options.admin.email, options.admin.password);
  if (firstAdmin !== undefined && options.demo) await createDemo(firstAdmin, bots, chats);
  due.start();
  await iam.begin();
  await sessions.begin();
  composed.resolve({
    request: (request, response) =>
      stopping.signal.aborted ? refuseWhileDraining(response) : server.routing(request, response),
    upgrade(request, socket, head) {
      if (request.url?.split('?', 1)[0] === LIVE_PATH) live.handleUpgrade(request, socket, head);
      else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    },
  });
  // Disposed of first: nobody new is let in, and who still calls over an open connection is told.
  opened.defer(() => {
    stopping.abort();
    http.close();
  });
  const running = opened.move();
  return { url, firstAdmin, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function listen(http: ReturnType<typeof createServer>, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: `Port ${port} on ${host} is taken. Stop what uses it, or set MOLVA_PORT to another port.`,
        EACCES: `Port ${port} needs more rights than this user has. Set MOLVA_PORT to one above 1023.`,
        EADDRNOTAVAIL: `The address ${host} is not one of this machine. Set MOLVA_HOST to one that is.`,
      };
      reject(new StartError(reasons[error.code ?? ''] ?? `Cannot listen on ${host}:${port}: ${error.message}`));
    });
    http.listen(port, host, () => resolve());
  });
}

/** An address to listen on as the host of an address to call. */
function hostOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return isIPv6(host) ? `[${host}]` : host;
}

/** The public address, and where it is this machine's own name under its other spellings too. */
function originsOf(url: string, port: number): string[] {
  const { hostname } = new URL(url);
  const local = ['127.0.0.1', 'localhost', '[::1]'];
  return local.includes(hostname) ? [url, ...local.map((name) => `http://${name}:${port}`)] : [url];
}

async function createDemo(admin: FirstAdmin, bots: Bots, chats: Chats): Promise<void> {
  for (const demo of demoBots) {
    const { name, language, scenario } = demo;
    const botId = await bots.create(admin.companyId, admin.userId, { name, language, scenario });
    await chats.create(admin.companyId, {
      name: demo.chat,
      botId,
      operatorsBusyMessage: demo.busy,
      appearance: { demo: language },
    });
  }
}
