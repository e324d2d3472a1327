import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { OpenBodies, type OpenBody } from './open-bodies.ts';

const KIB = 1024;

it('bodies of all addresses are bounded in bytes: the oldest that come in are refused, and room is had again', () => {
  const told: string[] = [];
  const refused: string[] = [];
  const bodies = new OpenBodies({ tell: (notice) => void told.push(notice) });
  const take = (address: string, name: string): OpenBody => {
    const body = bodies.open(address, ({ code }) => refused.push(`${name} ${code}`));
    bodies.takes(body, 256 * KIB);
    return body;
  };
  // Its call is being served: it counts, and is not taken back.
  const request = new IncomingMessage(new Socket());
  bodies.whole(take('served', 'served'), request);
  const held = Array.from({ length: 255 }, (_, index) => take(`address ${index % 5}`, `${index}`));
  expect([refused, bodies.bytes]).toEqual([[], 64 * KIB * KIB]);
  take('late', 'late');
  expect(refused).toEqual(['0 no-room']);
  bodies.answered(request);
  take('later', 'later');
  expect([refused, told]).toEqual([['0 no-room'], ['body-refused']]);
  for (const body of held) bodies.close(body);
  expect(bodies.bytes).toBe(512 * KIB);
});

it('short bodies count no more when they are whole, and one that is refused takes nothing', () => {
  const bodies = new OpenBodies({ tell: () => undefined });
  const short = bodies.open('a', () => undefined);
  bodies.takes(short, KIB);
  bodies.whole(short, new IncomingMessage(new Socket()));
  expect(bodies.bytes).toBe(0);
  let refused = 0;
  const body = bodies.open('a', () => refused++);
  bodies.takes(body, 17 * KIB * KIB);
  bodies.takes(body, 18 * KIB * KIB);
  bodies.close(body);
  expect([refused, bodies.bytes]).toEqual([1, 0]);
});

it('a small body is not refused for the large ones that are being served', () => {
  const bodies = new OpenBodies({ tell: () => undefined });
  const requests = Array.from({ length: 64 }, () => new IncomingMessage(new Socket()));
  for (const request of requests) {
    const served = bodies.open('a', () => undefined);
    bodies.takes(served, 256 * KIB);
    bodies.whole(served, request);
  }
  const refused: string[] = [];
  const take = (name: string, bytes: number): void =>
    bodies.takes(
      bodies.open('a', () => refused.push(name)),
      bytes,
    );
  take('small', KIB);
  take('large', 17 * KIB);
  expect(refused).toEqual(['large']);
  for (const request of requests) bodies.answered(request);
  take('later', 17 * KIB);
  expect([refused, bodies.bytes]).toEqual([['large'], 18 * KIB]);
});
