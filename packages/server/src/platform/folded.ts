/** Marks that letters of Latin, Cyrillic, Greek, Hebrew and Arabic carry; in other scripts they are letters themselves. */
const MARKS = anyIn(
  '300-36f 591-5bd 5bf-5c7 64b-65f 670', // in their alphabets
  '1ab0-1aff 1dc0-1dff 20d0-20ff fe20-fe2f', // and apart from them
);
/** What shows nothing where it stands: joiners, marks of direction, variants of a sign. */
const UNSEEN = anyIn('ad 61c 640 180e 200b-200f 202a-202e 2060-206f fe00-fe0f feff');
const SPACES = /[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

/** Letters as whoever has them not on his keyboard writes them; no decomposition knows of them. */
const WRITTEN_AS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ı: 'i',
  ĸ: 'k',
  ł: 'l',
  ŋ: 'n',
  ŧ: 't',
  ς: 'σ',
};
const WRITTEN = new RegExp(`[${Object.keys(WRITTEN_AS).join('')}]`, 'g');

/**
 * A text as it is searched for: without case, accents and what shows nothing, composed and decomposed alike. `ё` is `е`,
 * and `й` a letter of its own. The function `molva_folded` of the database does the same.
 */
export function folded(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/[иИ]\u0306/g, 'й')
    .replaceAll(MARKS, '')
    .replaceAll(UNSEEN, '')
    .toLowerCase()
    .replaceAll(WRITTEN, (letter) => WRITTEN_AS[letter] ?? letter)
    .replaceAll(SPACES, ' ');
}

/** A number of a telephone within a text, and what may stand between its digits. */
const PHONE = /\+?\d[\d ()./-]{5,}\d/g;
/** Digits of a number, the shortest without the code of a town, the longest with that of a country. */
const SHORTEST = 7;
const LONGEST = 15;
/** Less digits are a number like any other. */
const SHORTEST_SOUGHT = 5;

/** The numbers of telephones in texts, as digits, each once. */
export function phonesIn(texts: readonly string[]): string[] {
  const found = texts.flatMap((text) => [...text.matchAll(PHONE)].map(([number]) => digitsOf(number)));
  return [...new Set(found)].filter(({ length }) => length >= SHORTEST && length <= LONGEST);
}

/** The digits that somebody looks for who writes a number, or a part of one; undefined where it is none. */
export function phoneSought(text: string): string | undefined {
  if (!/^\s*[+(\d][\d\s()./-]*$/.test(text)) return undefined;
  const digits = digitsOf(text).replace(/^0+/, '');
  return digits.length < SHORTEST_SOUGHT ? undefined : digits;
}

/** Numbers of whole countries are also written with what is dialled before them at home: 8 where 7 is the code. */
function digitsOf(text: string): string {
  const digits = text.replaceAll(/\D/g, '').replace(/^00/, '');
  return /^8\d{10}$/.test(digits) ? `7${digits.slice(1)}` : digits;
}

/** Any character in ranges of code points, which are named by their hexadecimal numbers. */
function anyIn(...ranges: readonly string[]): RegExp {
  const escaped = ranges.join(' ').replaceAll(/[0-9a-f]+/g, String.raw`\u{$&}`);
  return new RegExp(`[${escaped.replaceAll(' ', '')}]`, 'gu');
}
