import en from './shop.en.json' with { type: 'json' };
import ru from './shop.ru.json' with { type: 'json' };

/** The demo: a shop's first line, once in each language. */
export const demoBots = [
  { name: 'Shop assistant', chat: 'Demo shop', language: 'en', scenario: en, busy: 'Everybody is busy right now.' },
  { name: 'Помощник магазина', chat: 'Демо-магазин', language: 'ru', scenario: ru, busy: 'Сейчас все заняты.' },
] as const;
