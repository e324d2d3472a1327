import type { FastifyInstance } from 'fastify';
import { addPages } from '../http/pages.ts';
import { OpenAnswers } from '../http/open-answers.ts';
import { BodyPace } from '../http/body-pace.ts';
import { createHttpServer } from '../http/server.ts';
import { addService } from '../http/service.ts';
import { botRoutes } from '../modules/bots/index.ts';
import { chatRoutes } from '../modules/chats/index.ts';
import { clientRoutes } from '../modules/clients/index.ts';
import { iamRoutes, isUserToken, withAudit } from '../modules/iam/index.ts';
import { operatorRoutes } from '../modules/operators/index.ts';
import {
  dialogRoutes,
  isIdentityToken,
  isSessionToken,
  messageRoutes,
  sessionRoutes,
} from '../modules/sessions/index.ts';
import { systemClock } from '../platform/clock.ts';
import type { DatabaseWatch } from '../platform/database.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Notices } from '../platform/notices.ts';
import type { Route } from '../platform/route.ts';
import type { Listener } from './listening.ts';
import type { Ground, Modules } from './modules.ts';
import type { AppOptions } from './options.ts';

/** Opens what answers calls: the operations of all modules, the service's own, and the pages. */
export async function openCalls(
  options: AppOptions,
  ground: Ground,
  modules: Modules,
  listener: Listener,
  { metrics, watch, notices }: { readonly metrics: Metrics; readonly watch: DatabaseWatch; readonly notices: Notices },
): Promise<FastifyInstance> {
  const { iam, chats } = modules;
  const server = await createHttpServer({
    routes: withAudit(routesOf(ground, modules), iam.audit),
    identify: (token) => iam.identify(token),
    isUserToken,
    isSessionToken,
    origins: listener.origins,
    isIdentityToken,
    callerOf: (request) => listener.callerOf(request),
    proxiesKnown: options.trustedProxies.length > 0,
    limits: options.limits,
    clock: options.clock,
    log: options.log,
    notices,
    openAnswers: new OpenAnswers(systemClock, notices),
    bodyPace: options.limits.open === 0 ? undefined : new BodyPace(systemClock),
    observe: (operation, status, seconds) => metrics.observeCall(operation, status, seconds),
  });
  const { address, token } = options.metrics;
  const beside = address === undefined && token !== undefined ? { metrics: { of: metrics, token } } : {};
  addService(server, { watch, url: listener.url, version: options.version, ...beside });
  await addPages(server, { demoChats: () => chats.store.demoChats() });
  await server.ready();
  return server;
}

function routesOf(
  { clock, database, files }: Ground,
  { iam, chats, clients, bots, operators, sessions }: Modules,
): Route[] {
  return [
    ...iamRoutes(iam, clock),
    ...chatRoutes(chats),
    ...clientRoutes(clients),
    ...botRoutes(bots),
    ...operatorRoutes(operators),
    ...sessionRoutes(sessions),
    ...dialogRoutes(sessions, database),
    ...messageRoutes(sessions, files),
  ];
}
