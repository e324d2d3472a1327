import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MolvaError } from '../errors.ts';
import { transition, type ConnectionEvent, type ConnectionState } from './machine.ts';

const error = new MolvaError({ kind: 'unreachable', message: 'nobody', remedy: 'wait' });
const states: ConnectionState[] = [
  { name: 'idle' },
  { name: 'starting', attempt: 1 },
  { name: 'waiting', attempt: 1, error },
  { name: 'connecting' },
  { name: 'catchingUp' },
  { name: 'live' },
  { name: 'closed' },
  { name: 'failed', error },
  { name: 'stopped' },
];
const events: ConnectionEvent[] = [
  { type: 'start' },
  { type: 'started' },
  { type: 'startUnreachable', error },
  { type: 'startRefused', error },
  { type: 'retryDue' },
  { type: 'socketUp' },
  { type: 'socketDown' },
  { type: 'socketRefused', error },
  { type: 'caughtUp' },
  { type: 'gapSeen' },
  { type: 'sessionClosed' },
  { type: 'stop' },
];
const cells = states.flatMap((state) => events.map((event) => [state.name, event.type, state, event] as const));
const withSocket = new Set(['connecting', 'catchingUp', 'live']);

/** What each event leads to, by state; everything else changes nothing. */
const expected: Record<string, string> = {
  'idle start': 'starting: callStart',
  'idle stop': 'stopped:',
  'starting started': 'connecting: openSocket',
  'starting startUnreachable': 'waiting: scheduleRetry',
  'starting startRefused': 'failed:',
  'starting stop': 'stopped:',
  'waiting start': 'starting: cancelRetry callStart',
  'waiting retryDue': 'starting: callStart',
  'waiting stop': 'stopped: cancelRetry',
  'connecting socketUp': 'catchingUp: catchUp',
  'connecting socketRefused': 'failed: closeSocket',
  'connecting sessionClosed': 'closed: closeSocket',
  'connecting stop': 'stopped: closeSocket',
  'catchingUp socketUp': 'catchingUp: catchUp',
  'catchingUp socketDown': 'connecting:',
  'catchingUp socketRefused': 'failed: closeSocket',
  'catchingUp caughtUp': 'live:',
  'catchingUp sessionClosed': 'closed: closeSocket',
  'catchingUp stop': 'stopped: closeSocket',
  'live socketUp': 'catchingUp: catchUp',
  'live socketDown': 'connecting:',
  'live socketRefused': 'failed: closeSocket',
  'live gapSeen': 'catchingUp: catchUp',
  'live sessionClosed': 'closed: closeSocket',
  'live stop': 'stopped: closeSocket',
  'closed start': 'starting: callStart',
  'closed stop': 'stopped:',
  'failed start': 'starting: callStart',
  'failed stop': 'stopped:',
  'stopped start': 'starting: callStart',
};

describe(transition, () => {
  it.each(cells)('I1: %s on %s is decided', (name, type, state, event) => {
    const next = transition(state, event);
    const cell = expected[`${name} ${type}`];
    if (cell === undefined) expect(next).toEqual({ state, commands: [] });
    else expect(`${next.state.name}: ${next.commands.map((command) => command.type).join(' ')}`.trim()).toBe(cell);
    if (cell === undefined) expect(next.state).toBe(state);
  });

  it('I2, I3, I5: start calls never overlap, sockets open and close in pairs, nothing follows a stop', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 60 }), (sequence) => {
        let state: ConnectionState = { name: 'idle' };
        let sockets = 0;
        for (const event of sequence) {
          const before: ConnectionState = state;
          const { state: next, commands } = transition(before, event);
          for (const command of commands) {
            if (command.type === 'callStart') expect(next.name).toBe('starting');
            if (command.type === 'callStart') expect(before.name).not.toBe('starting');
            if (command.type === 'openSocket') sockets++;
            if (command.type === 'closeSocket') sockets--;
          }
          if (before.name === 'stopped' && event.type !== 'start') expect(next).toBe(before);
          expect(sockets).toBe(withSocket.has(next.name) ? 1 : 0);
          state = next;
        }
      }),
    );
  });
});
