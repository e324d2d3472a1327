/**
 * An e-mail address as addresses are compared: however it is composed, and in whichever case, it is one. Unicode folds
 * what has no other case, such as the German sharp s, by way of the capitals.
 */
export function emailKey(email: string): string {
  return email.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}
