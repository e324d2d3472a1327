import { Type, type Static } from 'typebox';
import { DateTime, Nullable, OneOf } from './primitives.ts';

/**
 * What is proven of a client: which identity, by whom, when, with which key. `identityToken`: the page's back end signed
 * it; `company`: a user or key of the company said so; `before`: it was proven before that was noted.
 */
export const Verified = Type.Object({
  externalId: Nullable(Type.String()),
  messengerType: Nullable(Type.String()),
  messengerUserId: Nullable(Type.String()),
  by: OneOf(['identityToken', 'company', 'before'] as const),
  key: Nullable(
    Type.String({ description: 'the `kid` of the key that signed, or the id of the API key; null: no such' }),
  ),
  at: Nullable(DateTime),
});
export type Verified = Static<typeof Verified>;
