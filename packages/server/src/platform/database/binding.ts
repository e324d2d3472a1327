/** Room in which messages are made, one after another; what is larger gets room of its own. */
const ROOM_BYTES = 64 * 1024;
/** Texts of at most so many characters are written here: to ask the platform for it takes longer. */
const SHORT = 48;
/** Bytes that a character takes at most. */
const CHARACTER_BYTES = 3;

const BIND = 0x42;
/** Execute of the portal without a name, all its rows, and Sync. */
const RUN = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x53, 0, 0, 0, 4]);

let room = Buffer.allocUnsafeSlow(ROOM_BYTES);

/**
 * The messages that run a statement with values, as one piece: Bind, Execute and Sync of PostgreSQL's protocol. A value is
 * a text, a number or a boolean, or absent; throws `TypeError` where one is something else.
 */
export function bound(statement: string, values: readonly unknown[]): Buffer {
  try {
    let at = 5;
    room[at++] = 0;
    at += room.write(statement, at);
    room[at++] = 0;
    // Values are texts where no other form of theirs is named.
    at = room.writeUInt16BE(0, at);
    at = room.writeUInt16BE(values.length, at);
    for (const value of values) at = isAbsent(value) ? writeNull(at) : writeText(textOf(value), at);
    makeRoom(at, 2 + RUN.length);
    at = room.writeUInt16BE(0, at);
    room[0] = BIND;
    room.writeInt32BE(at - 1, 1);
    at += RUN.copy(room, at);
    return Buffer.from(room.subarray(0, at));
  } finally {
    if (room.length > ROOM_BYTES) room = Buffer.allocUnsafeSlow(ROOM_BYTES);
  }
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError('a value is neither a text nor a number nor a boolean');
}

function writeNull(at: number): number {
  makeRoom(at, 4);
  return room.writeInt32BE(-1, at);
}

/** Writes how long a text is, and the text. */
function writeText(text: string, at: number): number {
  makeRoom(at, 4 + CHARACTER_BYTES * text.length);
  const begin = at + 4;
  let end = text.length > SHORT ? begin : begin + writePlain(text, begin);
  if (end - begin < text.length) end = begin + room.write(text, begin);
  room.writeInt32BE(end - begin, at);
  return end;
}

/** Writes the characters of a text as far as each is one byte; answers how many. */
function writePlain(text: string, at: number): number {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return index;
    room[at + index] = code;
  }
  return text.length;
}

function makeRoom(at: number, bytes: number): void {
  if (at + bytes <= room.length) return;
  const larger = Buffer.allocUnsafeSlow(2 * (at + bytes));
  room.copy(larger, 0, 0, at);
  room = larger;
}
