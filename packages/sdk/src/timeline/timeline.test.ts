import type { EventEnvelope } from '@molva/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvent, emptyTimeline, hasGap, placeMessage, type ChatMessage } from './timeline.ts';

function created(eventSeq: number, key?: string): EventEnvelope {
  return {
    event: 'chatMessageCreated',
    data: {
      id: `message-${eventSeq}`,
      authorType: key === undefined ? 'BOT' : 'CLIENT',
      body: `body ${eventSeq}`,
      answers: [],
      createdAt: '2026-01-28T12:00:00+00:00',
      sessionId: 'session',
      attachments: [],
      actions: [],
      seq: eventSeq,
      eventSeq,
      ...(key === undefined ? {} : { clientMessageId: key }),
    },
  };
}

const pending: ChatMessage = {
  id: 'key',
  clientMessageId: 'key',
  seq: null,
  author: 'CLIENT',
  authorName: '',
  avatar: null,
  body: 'mine',
  answers: [],
  keyboard: null,
  attachments: [],
  actions: [],
  type: 'REGULAR',
  replyTo: null,
  createdAt: '2026-01-28T12:00:00+00:00',
  delivery: 'pending',
  read: false,
};

describe(applyEvent, () => {
  it('O1, O2, O3: any order with repetitions ends in all events once and in order', () => {
    const shuffled = fc.integer({ min: 1, max: 30 }).chain((count) => {
      const all = Array.from({ length: count }, (_, index) => index + 1);
      const extra = fc.array(fc.constantFrom(...all), { maxLength: 30 });
      return extra.chain((repeats) => fc.shuffledSubarray([...all, ...repeats], { minLength: count + repeats.length }));
    });
    fc.assert(
      fc.property(shuffled, (order) => {
        const count = Math.max(...order);
        const timeline = order.reduce((now, seq) => applyEvent(now, created(seq)), emptyTimeline(0));
        expect(timeline.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
        expect(timeline.lastEventSeq).toBe(count);
        expect(hasGap(timeline)).toBe(false);
      }),
    );
  });

  it('O2: a repeated event gives the same object', () => {
    const timeline = applyEvent(emptyTimeline(0), created(1));
    expect(applyEvent(timeline, created(1))).toBe(timeline);
  });

  it('O3: an event of a newer server, which this build does not know, keeps its place in the order', () => {
    const unknown = { event: 'somethingNew', data: { eventSeq: 1 } } as unknown as EventEnvelope;
    const timeline = applyEvent(applyEvent(emptyTimeline(0), unknown), created(2));
    expect([timeline.lastEventSeq, timeline.messages.length]).toEqual([2, 1]);
  });

  it('a wish for a rating is kept with its scale', () => {
    const data = { sessionId: 'session', ratingType: '10', ratingText: 'Well?', eventSeq: 1 } as const;
    const timeline = applyEvent(emptyTimeline(0), { event: 'ratingRequested', data });
    expect(timeline.ratingRequest).toEqual({ highest: 10, text: 'Well?' });
  });

  it('O3: an early event shows a gap and waits', () => {
    const timeline = applyEvent(emptyTimeline(0), created(2));
    expect(timeline.messages).toEqual([]);
    expect(hasGap(timeline)).toBe(true);
  });

  it('O4: an own message is shown once, whichever of answer and echo comes first', () => {
    const shown = placeMessage(emptyTimeline(0), pending);
    const accepted = { ...pending, id: 'message-1', seq: 1, delivery: 'sent' } as const;
    const answerFirst = applyEvent(placeMessage(shown, accepted), created(1, 'key'));
    const echoFirst = placeMessage(applyEvent(shown, created(1, 'key')), accepted);
    for (const timeline of [answerFirst, echoFirst]) {
      expect(timeline.messages.map(({ id, delivery }) => [id, delivery])).toEqual([['message-1', 'sent']]);
    }
  });
});
