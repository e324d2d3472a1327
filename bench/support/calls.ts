import { Agent, request } from 'node:http';
import { percentile, rounded } from './numbers.ts';

/** How long calls took, milliseconds. */
export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Calls that are made: in the name of a user, by so many callers at a time. */
export interface Calls {
  readonly port: number;
  readonly token: string;
  readonly callers: number;
  readonly count: number;
  readonly path: (request: number) => string;
}

/** Makes the calls and times each; throws at the first answer that is not 200. */
export async function timeCalls({ port, token, callers, count, path }: Calls): Promise<Latencies> {
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const times: number[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < count) {
      const target = `/api/v1${path(next++)}`;
      const began = performance.now();
      await get(agent, port, target, token);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number => rounded(percentile(times, share));
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function get(agent: Agent, port: number, path: string, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const sent = request({ agent, host: '127.0.0.1', port, path, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += answer.statusCode === 200 ? '' : chunk.toString()));
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`${path} was answered ${answer.statusCode}: ${text}`));
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Makes a call with a body; answers what it is answered, and throws where that is a refusal. */
export async function post<Answer>(url: string, body: unknown): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} was answered ${answer.status}: ${text}`);
  return JSON.parse(text) as Answer;
}
