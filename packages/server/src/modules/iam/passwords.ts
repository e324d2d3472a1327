import { hash, verify } from '@node-rs/argon2';

/** argon2id with the library's current defaults; verifying reads the parameters from the hash. */
export async function hashPassword(password: string): Promise<string> {
  return hash(password);
}

/** Whether the password fits the hash. */
export async function passwordFits(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password);
}

/**
 * Letters and digits that nobody mistakes for another; 20 of them carry over 110 bits.
 * @param randomBytes source of randomness
 */
export function generatePassword(randomBytes: (count: number) => Uint8Array): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  const usable = 256 - (256 % alphabet.length);
  let password = '';
  while (password.length < 20) {
    for (const byte of randomBytes(32)) {
      if (byte < usable && password.length < 20) password += alphabet[byte % alphabet.length];
    }
  }
  return password;
}
