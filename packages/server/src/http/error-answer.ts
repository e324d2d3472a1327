import { STATUS_CODES, type ServerResponse } from 'node:http';
import { errorTable, type ErrorBody, type ErrorCode } from '@molva/contract';
import { Failure } from '../platform/failure.ts';
import { passingFailure } from '../platform/lacks.ts';
import type { Answer } from '../platform/route.ts';
import { answerHeaders } from './answer-headers.ts';

/** The framework's own refusals by its codes. */
const frameworkCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media-type-unsupported',
};

/** What ends a connection before there is a call, by the codes of the platform. */
const connectionCodes: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-late',
};

/** Anything thrown as a failure of the table; undefined where it is a fault of ours. */
export function asFailure(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  const passing = passingFailure(error);
  if (passing !== undefined) return passing;
  const code = frameworkCodes[(error as { code?: string }).code ?? ''];
  return code === undefined ? undefined : new Failure(code);
}

/** The answer of a failure. The text of a 5xx comes from the table alone; another may be more exact than the table's. */
export function errorAnswer(failure: Failure | undefined, requestId: string): Answer {
  const code = failure?.code ?? 'internal';
  const { status, message } = errorTable[code];
  const body: ErrorBody = {
    error: failure === undefined || status >= 500 ? message : failure.message,
    details: failure?.status === 400 ? details(failure, requestId) : null,
  };
  return {
    status,
    body,
    headers: { ...failure?.headers, 'x-error-code': code },
  };
}

/** Answers a call that comes over an open connection while the server stops. */
export function refuseWhileDraining(response: ServerResponse): void {
  const { status, body, headers } = errorAnswer(new Failure('shutting-down', null, { 'retry-after': '1' }), '');
  response.writeHead(status, {
    ...headers,
    ...answerHeaders,
    'content-type': 'application/json; charset=utf-8',
    connection: 'close',
  });
  response.end(JSON.stringify(body));
}

/** The answer to what cannot be read as a call at all, as it goes over the bare connection. */
export function unreadableAnswer(error: NodeJS.ErrnoException): string {
  const code = connectionCodes[error.code ?? ''];
  const failure =
    code === undefined ? new Failure('invalid-input', { '': ['is not an HTTP request'] }) : new Failure(code);
  const { status, body, headers = {} } = errorAnswer(failure, '');
  const text = JSON.stringify(body);
  const lines = Object.entries({
    ...headers,
    ...answerHeaders,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  });
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines.map(([name, value]) => `${name}: ${value}`)];
  return `${head.join('\r\n')}\r\n\r\n${text}`;
}

function details(failure: Failure, requestId: string): Record<string, unknown> {
  const fields = failure.fields ?? {};
  return { ...fields, ...failure.more, code: failure.code, fields, requestId };
}
