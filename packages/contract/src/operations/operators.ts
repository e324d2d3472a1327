import { Type } from 'typebox';
import { CreateGroupBody, Group, UpdateGroupBody } from '../groups.ts';
import { OperatorStatus } from '../iam.ts';
import { DetailOf, ListOf, listQuery } from '../lists.ts';
import { defineOperation } from '../operation.ts';
import { Created, Empty, IntegerId, Uuid } from '../primitives.ts';

const ofGroup = Type.Object({ groupId: Uuid });
const member = Type.Object({ groupId: Uuid, operatorId: IntegerId });

/** Puts the operator to work: it gets sessions. */
export const activateMe = defineOperation({
  id: 'activateMe',
  service: 'chats',
  method: 'PATCH',
  path: '/users/me/activate',
  tag: 'Operators',
  summary: 'Go online: sessions are given to the current user',
  access: 'user',
  answers: { 204: Empty },
  errors: ['not-an-operator'],
});

/** The operator rests or leaves. */
export const deactivateMe = defineOperation({
  id: 'deactivateMe',
  service: 'chats',
  method: 'PATCH',
  path: '/users/me/deactivate',
  tag: 'Operators',
  summary: 'Go offline, or pause: no new sessions are given to the current user',
  access: 'user',
  body: Type.Object({ status: Type.Optional(OperatorStatus) }),
  answers: { 204: Empty },
  errors: ['not-an-operator'],
  example: { status: 'PAUSE' },
});

const ofOperator = Type.Object({
  sessionId: Uuid,
  operatorId: Type.String({
    pattern: '^([1-9]\\d{0,15}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$',
    description: 'a user, or the UUID of a bot',
  }),
});

/** Somebody else answers from now on. */
export const switchOperator = defineOperation({
  id: 'switchOperator',
  service: 'chats',
  method: 'PATCH',
  path: '/sessions/{sessionId}/operators/{operatorId}',
  tag: 'Operators',
  summary: 'Give a session to an operator or to a bot',
  access: 'user',
  params: ofOperator,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'session-closed', 'not-an-operator'],
});

/** Somebody else takes part; who answers stays, unless nobody did. */
export const addOperator = defineOperation({
  id: 'addOperator',
  service: 'chats',
  method: 'PUT',
  path: '/sessions/{sessionId}/operators/{operatorId}',
  tag: 'Operators',
  summary: 'Add an operator to a session; one that waits for somebody is given to him',
  access: 'user',
  params: ofOperator,
  answers: { 200: Empty },
  errors: ['entity-not-found', 'session-closed', 'not-an-operator'],
});

/** Somebody leaves; where it is who answered, the chat's script for it goes on, or another operator. */
export const removeOperator = defineOperation({
  id: 'removeOperator',
  service: 'chats',
  method: 'DELETE',
  path: '/sessions/{sessionId}/operators/{operatorId}',
  tag: 'Operators',
  summary: 'Take an operator out of a session',
  access: 'user',
  params: ofOperator,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'session-closed', 'operator-not-in-session'],
});

/** The member of a group that is online and has the fewest sessions answers from now on; nobody: the help list. */
export const switchGroup = defineOperation({
  id: 'switchGroup',
  service: 'chats',
  method: 'PATCH',
  path: '/sessions/{sessionId}/groupoperators/{groupId}',
  tag: 'Operators',
  summary: 'Give a session to the least loaded operator of a group who is online',
  access: 'user',
  params: Type.Object({ sessionId: Uuid, groupId: Uuid }),
  answers: { 204: Empty },
  errors: ['entity-not-found', 'session-closed'],
});

/** The groups of the caller's company. */
export const listGroups = defineOperation({
  id: 'listGroups',
  service: 'chats',
  method: 'GET',
  path: '/groups',
  tag: 'Operators',
  summary: 'List groups of operators',
  access: 'user',
  query: Type.Object({ ...listQuery, name: Type.Optional(Type.String({ maxLength: 255 })) }),
  answers: { 200: ListOf(Group) },
});

/** A new group. */
export const createGroup = defineOperation({
  id: 'createGroup',
  service: 'chats',
  method: 'POST',
  path: '/groups',
  tag: 'Operators',
  summary: 'Create a group of operators',
  access: 'admin',
  body: CreateGroupBody,
  answers: { 201: Created },
  errors: ['entity-not-found', 'cap-reached'],
  example: { name: 'First line', timerFirstAnswer: 60, timerNextAnswers: 120 },
});

/** One group. */
export const getGroup = defineOperation({
  id: 'getGroup',
  service: 'chats',
  method: 'GET',
  path: '/groups/{groupId}',
  tag: 'Operators',
  summary: 'Read a group of operators',
  access: 'user',
  params: ofGroup,
  query: Type.Object({ fields: listQuery.fields }),
  answers: { 200: DetailOf(Group) },
  errors: ['entity-not-found'],
});

/** Changes a group: what is not given stays. */
export const updateGroup = defineOperation({
  id: 'updateGroup',
  service: 'chats',
  method: 'PUT',
  path: '/groups/{groupId}',
  tag: 'Operators',
  summary: 'Update a group of operators',
  access: 'admin',
  params: ofGroup,
  body: UpdateGroupBody,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
  example: { name: 'Second line' },
});

/** Deletes a group; its operators are unlinked. */
export const deleteGroup = defineOperation({
  id: 'deleteGroup',
  service: 'chats',
  method: 'DELETE',
  path: '/groups/{groupId}',
  tag: 'Operators',
  summary: 'Delete a group; its operators stay',
  access: 'admin',
  params: ofGroup,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});

/** Adds an operator to a group. */
export const addGroupOperator = defineOperation({
  id: 'addGroupOperator',
  service: 'chats',
  method: 'PUT',
  path: '/groups/{groupId}/operators/{operatorId}',
  tag: 'Operators',
  summary: 'Add an operator to a group',
  access: 'admin',
  params: member,
  answers: { 204: Empty },
  errors: ['entity-not-found', 'cap-reached'],
});

/** Takes an operator out of a group. */
export const removeGroupOperator = defineOperation({
  id: 'removeGroupOperator',
  service: 'chats',
  method: 'DELETE',
  path: '/groups/{groupId}/operators/{operatorId}',
  tag: 'Operators',
  summary: 'Take an operator out of a group',
  access: 'admin',
  params: member,
  answers: { 204: Empty },
  errors: ['entity-not-found'],
});
