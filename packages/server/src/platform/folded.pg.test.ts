import { expect, it } from 'vitest';
import { migratedDatabase } from '../testing/fresh-database.ts';
import { openDatabase } from './database.ts';
import { folded } from './folded.ts';

it('the database folds texts as the server does, whatever its locale', async () => {
  await using database = openDatabase(await migratedDatabase(), 1, (error) => {
    throw error;
  });
  const alphabets = Array.from({ length: 0x590 - 0x20 }, (_, at) => String.fromCodePoint(0x20 + at));
  const words = ['и\u0306ога', 'СЕМЁН', 'İstanbul', 'Straße', 'ΟΔΥΣΣΕΎΣ', 'a\u00a0\u2028 b', '👩‍👩‍👧', 'हिन्दी', '日本'];
  const texts = [...alphabets, ...words, ...words.map((word) => word.normalize('NFD'))];
  const text = 'select source, molva_folded(source) as made from unnest($1::text[]) as given (source)';
  const rows = await database.query<{ source: string; made: string }>({ text }, [texts]);
  expect(rows.filter(({ source, made }) => made !== folded(source))).toEqual([]);
  expect(rows).toHaveLength(texts.length);
});
