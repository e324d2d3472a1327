import { decodeProtectedHeader } from 'jose';
import { isApiKey } from './api-keys.ts';

/** Whether a bearer text has the form of what shows a user: a JWT or an API key, valid or not. */
export function isUserToken(text: string): boolean {
  if (isApiKey(text)) return true;
  if (text.split('.').length !== 3) return false;
  try {
    decodeProtectedHeader(text);
    return true;
  } catch {
    return false;
  }
}
