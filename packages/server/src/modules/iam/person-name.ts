/** The name a person goes by: first and last, or the e-mail address of one who has neither. */
export function personName(person: { first_name: string; last_name: string; email: string }): string {
  return `${person.first_name} ${person.last_name}`.trim() || person.email;
}
