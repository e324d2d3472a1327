import { failsAsError, passesByItself, type RpcName, type RpcRefusal } from '@molva/contract';
import { Failure } from '../../platform/failure.ts';
import { passingFailure, tellLack } from '../../platform/lacks.ts';
import type { Notices } from '../../platform/notices.ts';
import type { Decision, RpcResult } from './decisions.ts';
import { faultOf } from './faults.ts';

/** A call that was not done: the HTTP status of the same over HTTP, and its answer. */
export interface RefusedCall {
  readonly status: number;
  readonly decision: Decision<RpcResult>;
}

/**
 * What a call comes to that threw. The documented platform's own fails by an error of the protocol, and what is no call
 * too; ours fail in their data, where the code of the table has room and the seconds to wait.
 */
export function refusedCall(method: RpcName | undefined, error: unknown, notices: Notices): RefusedCall {
  tellLack(notices, error, { method: method ?? null });
  const failure = error instanceof Failure ? error : passingFailure(error);
  if (failure === undefined) notices.tell('live-command-failed', { method: method ?? null, ...faultOf(error) });
  const status = failure?.status ?? 500;
  const inData = method !== undefined && !failsAsError(method);
  return { status, decision: inData ? { result: { data: JSON.stringify(refusalOf(failure)) } } : errorOf(failure) };
}

function refusalOf(failure: Failure | undefined): RpcRefusal {
  const seconds = Number(failure?.headers['retry-after'] ?? 0);
  return { success: false, code: failure?.code ?? 'internal', ...(seconds > 0 ? { retryAfter: seconds } : {}) };
}

/** Client libraries try again what is temporary. */
function errorOf(failure: Failure | undefined): Decision<RpcResult> {
  if (failure === undefined) return { error: { code: 100, message: 'internal server error', temporary: true } };
  const { status, message } = failure;
  return { error: { code: status, message, ...(passesByItself(status) ? { temporary: true } : {}) } };
}
