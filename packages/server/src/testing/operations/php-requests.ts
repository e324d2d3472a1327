import * as documented from './documented-answers.ts';
import { collection, type PhpType } from './php-types.ts';

/** A call as the documented platform's PHP client puts it on the wire: the bytes of its bodies, the words of its queries. */
export interface PhpRequest {
  readonly what: string;
  readonly method: string;
  /** Ids that earlier answers brought stand in braces; so do they in bodies. */
  readonly path: string;
  readonly body?: string;
  readonly status: number;
  /** What its class for the answer takes; an answer that does not fit is none. Nothing: an empty one. */
  readonly answer?: PhpType;
  /** Without a token: the client of a visitor. */
  readonly open?: true;
}

const inSession = '/sessions/{sessionId}';

/**
 * What it sends, one after the other: escaped letters and slashes, lists where objects are meant, truth values as
 * numbers, bodies where there is nothing to say, and names that are not escaped.
 */
export const phpRequests: readonly PhpRequest[] = [
  {
    what: 'login',
    method: 'POST',
    path: '/auth/login',
    body: String.raw`{"email":"{email}","password":"{password}","ttl":3600,"companyId":null,"extra":[]}`,
    status: 200,
    answer: documented.tokenPair,
    open: true,
  },
  {
    what: 'start',
    method: 'POST',
    path: '/chats/{chatId}/sessions',
    body: String.raw`{"clientName":"\u0410\u043d\u043d\u0430","clientExternalId":"ext-1","clientTimezone":180,"clientMetadata":{},"sessionTtl":3600,"returnAnswerAsync":false,"variables":[]}`,
    status: 201,
    answer: documented.started,
  },
  {
    what: 'continue',
    method: 'PUT',
    path: '/chats/{chatId}/sessions',
    body: String.raw`{"sessionId":"{sessionId}","clientId":"{clientId}","messageBody":"\u0413\u0434\u0435 \u043c\u043e\u0439 \u0437\u0430\u043a\u0430\u0437?","messageAttachments":[]}`,
    status: 200,
    answer: documented.started,
  },
  {
    what: 'message',
    method: 'POST',
    path: `${inSession}/clients/messages`,
    body: String.raw`{"body":"\u0410\u043b\u043b\u043e","attachments":[]}`,
    status: 201,
    answer: documented.accepted,
  },
  {
    what: 'messages',
    method: 'GET',
    path: `${inSession}/messages?limit=50&sort=%2BcreatedAt&withoutCount=0`,
    status: 200,
    answer: documented.messages,
  },
  { what: 'read', method: 'PATCH', path: '/messages/{messageId}/read', body: '[]', status: 204 },
  { what: 'details', method: 'GET', path: inSession, status: 200, answer: documented.session },
  {
    what: 'sessions',
    method: 'GET',
    path: '/sessions?limit=5&markedAsSpam=0&chatId={chatId}',
    status: 200,
    answer: collection(documented.sessionItem),
  },
  {
    what: 'messages of a client',
    method: 'GET',
    path: '/clients/{clientId}/messages?limit=5',
    status: 200,
    answer: documented.messages,
  },
  {
    what: 'another name',
    method: 'PATCH',
    path: `${inSession}/names/%D0%97%D0%B0%D0%BA%D0%B0%D0%B7%201001/2`,
    body: '[]',
    status: 204,
  },
  { what: 'close', method: 'DELETE', path: inSession, body: String.raw`{"result":"solved"}`, status: 204 },
  {
    what: 'rating after the close',
    method: 'PUT',
    path: `${inSession}/rating`,
    body: String.raw`{"rating":5,"comment":"\u0421\u043f\u0430\u0441\u0438\u0431\u043e"}`,
    status: 204,
    open: true,
  },
  {
    what: 'start with the answer to come',
    method: 'POST',
    path: '/chats/{chatId}/sessions',
    body: String.raw`{"clientId":"{clientId}","returnAnswerAsync":true,"callbackUrl":"https:\/\/shop.example\/answers","callbackData":"order-1001"}`,
    status: 201,
    answer: documented.started,
  },
];
