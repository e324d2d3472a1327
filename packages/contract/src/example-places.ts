import { exampleAddress, exampleIds } from './example-values.ts';

/** The same values for a property wherever it is in one of the named schemas, properties or operations. */
function within(names: string, values: Record<string, unknown>): Record<string, readonly unknown[]> {
  return Object.fromEntries(
    names.split(' ').flatMap((name) => Object.entries(values).map(([key, value]) => [`${name}.${key}`, [value]])),
  );
}

/** Examples that fit one place: `Chat.name` wins over `name`. The first part is a named schema, property or operation. */
export const examplePlaces: Readonly<Record<string, readonly unknown[]>> = {
  ...within('Chat ChatListItem ChatForWidget', { id: exampleIds.chat, name: 'Shop' }),
  ...within('Bot BotListItem', { id: exampleIds.bot, name: 'Greeter' }),
  ...within('Session SessionForHolder SessionStarted data', { id: exampleIds.session, name: 'Order 4711' }),
  ...within('Message ChatMessageCreated StartedMessage MessageAccepted lastMessage ReplyTo message', {
    id: exampleIds.message,
  }),
  ...within('ChatMessageEdited ChatMessageDeleted', { id: exampleIds.message }),
  ...within('ChatMessageCreated StartedMessage DialogMessage notification', { body: 'Your order is on its way.' }),
  ...within('Client', { id: exampleIds.client }),
  ...within('Group', { id: exampleIds.group, name: 'First line' }),
  ...within('Tag tags', { id: exampleIds.tag, name: 'VIP' }),
  ...within('Attribute attributes', { name: 'City', value: 'Riga' }),
  ...within('Attachment DialogAttachment attachments', { name: 'invoice.pdf' }),
  ...within('Company', { id: 2, name: 'Branch office', resellerId: 1, resellerName: 'Shop' }),
  ...within('CompanyCreated', { id: 2, adminId: 8 }),
  ...within('CreatedInteger', { id: 7 }),
  ...within('User CurrentUser UserListItem', {
    id: 7,
    firstName: 'Olga',
    lastName: 'Berzina',
    email: 'olga@example.com',
    operatorId: '7',
    operatorName: 'Olga Berzina',
    online: true,
  }),
  ...within('roles listUsers', { name: 'OPERATOR', roles: ['OPERATOR'] }),
  ...within('ApiKey', { name: 'Shop back end', roles: ['API'] }),
  ...within('Fact facts', { name: 'last' }),
  ...within('Action', { event: 'click_action' }),
  ...within('operators', { id: null, name: 'Greeter' }),
  ...within('OperatorChanged', { operatorId: '7', operatorName: 'Olga Berzina', avatar: null }),
  ...within('AuditEntry', { body: { name: 'Shop' } }),
  ...within('ReplyToMessage', {
    id: exampleIds.replied,
    authorType: 'CLIENT',
    authorName: 'Anna',
    body: 'Where is my order?',
  }),
  ...within('ChatMessageEdited', { body: 'Your order leaves tomorrow.' }),
  ...within('messages', { body: 'On its way. Anything else?' }),
  ...within('buttons', { text: 'Delivery' }),
  ...within('reply', { url: 'https://chat.example/api/v1/botanswers/the-token-of-the-question' }),
  ...within('webhook Webhook', { url: exampleAddress }),
  ...within('WebhookAnswer', { variables: { order: 4711 }, facts: [] }),
  ...within('listSessions', {
    name: 'Order',
    sort: '-lastMessageCreatedAt',
    group: 'status',
    fields: 'id,name,startedAt',
    offsetField: 'startedAt',
  }),
  ...within('getSession', { fields: 'id,status' }),
  ...within('listMessages listClientMessages', { group: 'authorType' }),
  ...within('listUsers', { sort: 'lastName', group: 'operatorStatus', offsetField: 'id', offsetValue: '100' }),
  ...within('listUsers getUser', { fields: 'id,email' }),
  ...within('listBots', { group: 'language' }),
  ...within('listFacts', { name: 'last', group: 'context' }),
  ...within('listAudit', { group: 'operation' }),
  ...within('listApiKeys', { group: 'userId' }),
  ...within('listDialogDebugInfo', { group: 'createdAt', fields: 'createdAt,info' }),
  ...within('listChats', { name: 'Shop', keyword: 'Shop' }),
  ...within('listGroups', { name: 'First line' }),
  ...within('listCompanies', { name: 'Branch office' }),
  ...within('getMySettings getUserSettings', { keys: ['console.sound'] }),
  ...within('getCompanySettings', { keys: ['cis.webhooks.incomingCall'] }),
};
