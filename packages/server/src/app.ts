import { openCalls } from './composition/calls.ts';
import { createDemo } from './composition/demo.ts';
import { openFigures } from './composition/figures.ts';
import { openListener } from './composition/listening.ts';
import { openLive } from './composition/live.ts';
import { composeModules, noFiles } from './composition/modules.ts';
import type { AppOptions } from './composition/options.ts';
import { upgrade } from './composition/upgrade.ts';
import type { FirstAdmin } from './modules/iam/index.ts';
import { Announcer } from './platform/announcer.ts';
import { Changes } from './platform/changes.ts';
import { isAway } from './platform/breaks.ts';
import { claimDataKeys, settleDataKeys } from './platform/data-keys.ts';
import { DatabaseWatch, findPooler, openDatabase } from './platform/database.ts';
import { openDueRunner } from './platform/due.ts';
import { Memory } from './platform/memory.ts';
import { Metrics } from './platform/metrics.ts';
import { Notices } from './platform/notices.ts';
import { openOutgoing } from './platform/outgoing.ts';
import { StartError } from './platform/start-error.ts';
import { Vault } from './platform/vault.ts';

export type { AppOptions } from './composition/options.ts';

/** A running application. Disposing drains it: no new calls, the ones under way finished, sockets sent away. */
export interface App extends AsyncDisposable {
  readonly url: string;
  readonly firstAdmin: FirstAdmin | undefined;
}

const CONNECTIONS = 16;
/** Calls out that a call in of a visitor may come to: what it said, what the bot said, and the answer to a callback. */
const CALLS_OUT = 3;
/** What is kept between calls: some fifty thousand sessions beside their chats and bots. */
const MEMORY_BYTES = 128 * 1024 * 1024;

/** Starts the application; throws `StartError` where its database goes away meanwhile. */
export async function startApp(options: AppOptions): Promise<App> {
  try {
    const connection = await findPooler(options.connection);
    if ('pooled' in connection) options.log.warn('a pooler stands before the database: statements are not prepared');
    return await compose({ ...options, connection });
  } catch (error) {
    if (!isAway(error)) throw error;
    throw new StartError(`The database cannot be used: ${(error as Error).message}. Start again when it can.`);
  }
}

/** Composes the application, brings the database up to date, and listens. What is opened here is closed in reverse. */
async function compose(options: AppOptions): Promise<App> {
  await using opened = new AsyncDisposableStack();
  const { clock, ids, log, secrets } = options;

  const metrics = new Metrics();
  const watch = new DatabaseWatch(log);
  const onBroken = metrics.watchDatabase(watch);
  const database = opened.use(openDatabase(options.connection, CONNECTIONS, onBroken, { watch }));
  await upgrade(options);

  const vault = new Vault(secrets.dataKeys, ids);
  const resealing = await claimDataKeys(database, vault);

  const notices = new Notices(log, clock, metrics.noticeCounter());
  const listener = opened.use(await openListener(options, notices));
  const memory = new Memory(clock, MEMORY_BYTES);
  const { connection, node } = options;
  const timers = { connection, watch, clock, log, node, figures: metrics.dueFigures(), notices, onBroken };
  const { due, lease } = opened.use(await openDueRunner(timers));
  const ground = {
    database,
    clock,
    ids,
    log,
    announcer: new Announcer(log),
    changes: new Changes(log),
    memory,
    notices,
    outgoing: opened.use(openOutgoing(options.outgoingAllow, undefined, options.visitorOutgoingAllow)),
    visitorCalls: options.limits.open * CALLS_OUT,
    vault,
    due,
    lease,
    files: options.files ?? noFiles,
    sessionFigures: metrics.sessionFigures(),
    countDelivery: metrics.deliveryCounter(),
    publicUrl: listener.url,
    stopping: listener.stopping,
  };
  const modules = composeModules(ground, secrets);
  if (resealing) {
    const { iam, chats, bots, sessions } = modules;
    for (const module of [iam.companies, chats, bots, sessions]) await module.reseal();
    await settleDataKeys(database, vault);
  }
  const live = opened.use(openLive(ground, modules, listener, { metrics, notices }, options));
  const calls = await openCalls(options, ground, modules, listener, { metrics, watch, notices });
  opened.defer(() => calls.close());
  opened.use(await openFigures(options, metrics, { ...ground, live }));

  const firstAdmin = await modules.iam.createFirstCompany(options.admin.email, options.admin.password);
  if (firstAdmin !== undefined && options.demo) await createDemo(firstAdmin, modules);
  due.start();
  await modules.iam.begin();
  await modules.sessions.begin();

  listener.serve({
    request: (request, response) => calls.routing(request, response),
    upgrade: (request, socket, head) => live.handleUpgrade(request, socket, head),
  });
  opened.defer(() => {
    // What is called off at a stop would be taken up again at once.
    due.stop();
    listener.stop();
  });
  const running = opened.move();
  return { url: listener.url, firstAdmin, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
