import { Client, operations } from '@molva/contract';
import { pickFields } from '../../platform/list.ts';
import { created, done, ok, route, userOf, type Route } from '../../platform/route.ts';
import type { Clients } from './service.ts';
import { attributeView, clientView, tagView } from './view.ts';

const detailFields = Object.keys(Client.properties);

/** The calls of the module. */
export function clientRoutes(clients: Clients): Route[] {
  return [...detailRoutes(clients), ...attributeRoutes(clients), ...tagRoutes(clients), ...commentRoutes(clients)];
}

function detailRoutes(clients: Clients): Route[] {
  return [
    route(operations.getClient, async (call) => {
      const view = clientView(await clients.details(userOf(call).companyId, call.params.clientId));
      return ok(pickFields([view], call.query.fields, detailFields)[0]);
    }),
    route(operations.banClient, async (call) => {
      await clients.ban(userOf(call).companyId, call.params.clientId, true);
      return done;
    }),
    route(operations.unbanClient, async (call) => {
      await clients.ban(userOf(call).companyId, call.params.clientId, false);
      return done;
    }),
  ];
}

function attributeRoutes(clients: Clients): Route[] {
  return [
    route(operations.setClientAttributes, async (call) => {
      await clients.setAttributes(userOf(call).companyId, call.params.clientId, call.body);
      return done;
    }),
    route(operations.listAttributes, async (call) =>
      ok(await clients.attributes.page(userOf(call).companyId, call.query, attributeView)),
    ),
    route(operations.createAttribute, async (call) =>
      created({ id: await clients.createAttribute(userOf(call).companyId, call.body.name) }),
    ),
    route(operations.updateAttribute, async (call) => {
      await clients.renameAttribute(userOf(call).companyId, call.params.attributeId, call.body.name);
      return done;
    }),
    route(operations.deleteAttribute, async (call) => {
      await clients.deleteAttribute(userOf(call).companyId, call.params.attributeId);
      return done;
    }),
  ];
}

function tagRoutes(clients: Clients): Route[] {
  return [
    route(operations.listTags, async (call) =>
      ok(await clients.tags.page(userOf(call).companyId, call.query, tagView)),
    ),
    route(operations.createTag, async (call) =>
      created({ id: await clients.createTag(userOf(call).companyId, call.body.name) }),
    ),
    route(operations.deleteTag, async (call) => {
      await clients.deleteTag(userOf(call).companyId, call.params.tagId);
      return done;
    }),
    route(operations.tagClient, async (call) => {
      await clients.tagClient(userOf(call).companyId, call.params.clientId, call.params.tagId);
      return done;
    }),
    route(operations.untagClient, async (call) => {
      await clients.untagClient(userOf(call).companyId, call.params.clientId, call.params.tagId);
      return done;
    }),
    route(operations.tagSession, async (call) => {
      await clients.tagSession(userOf(call).companyId, call.params.sessionId, call.params.tagId);
      return done;
    }),
    route(operations.untagSession, async (call) => {
      await clients.untagSession(userOf(call).companyId, call.params.sessionId, call.params.tagId);
      return done;
    }),
  ];
}

function commentRoutes(clients: Clients): Route[] {
  return [
    route(operations.getClientComment, async (call) =>
      ok({ comment: await clients.clientComment(userOf(call).companyId, call.params.clientId) }),
    ),
    route(operations.setClientComment, async (call) => {
      await clients.setClientComment(userOf(call).companyId, call.params.clientId, call.body.comment);
      return done;
    }),
    route(operations.getSessionComment, async (call) =>
      ok({ comment: await clients.sessionComment(userOf(call).companyId, call.params.sessionId) }),
    ),
    route(operations.setSessionComment, async (call) => {
      await clients.setSessionComment(userOf(call).companyId, call.params.sessionId, call.body.comment);
      return done;
    }),
  ];
}
