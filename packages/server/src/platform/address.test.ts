import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { callerAddress, isAmong, subscriberOf } from './address.ts';

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8::2:3:4:5:6', '2001:db8:0:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
])('%s counts as %s, whichever of its addresses a subscriber calls from', (address, subscriber) => {
  expect(subscriberOf(address)).toBe(subscriber);
});

it.each([
  ['192.0.2.1', undefined, '192.0.2.1'],
  ['192.0.2.1', '198.51.100.1', '192.0.2.1'],
  ['10.0.0.1', undefined, '10.0.0.1'],
  ['10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['::ffff:10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
  ['10.0.0.1', '192.0.2.99, 198.51.100.1 , 10.0.0.2:80', '198.51.100.1'],
  ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ['2001:db8::1', '[2001:db8:1::7]:4711', '2001:db8:1::7'],
  ['2001:db8::1', '2001:db8:1::7', '2001:db8:1::7'],
  ['10.0.0.1', 'unknown', 'unknown'],
])('a call over %s that names %s is one of %s', (remoteAddress, named, caller) => {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
  const request = new IncomingMessage(socket);
  if (named !== undefined) request.headers['x-forwarded-for'] = named;
  expect(callerAddress(request, isAmong(['10.0.0.0/8', '2001:db8::/48']))).toBe(caller);
});
