import { compileExpression, type Compiled } from './expression.ts';
import type { Marked } from './fields.ts';
import { isSystemName } from './system-variables.ts';
import { compileTemplate, type Template } from './template.ts';

/** Told what is wrong with a field of a block. */
export type Fault = (field: string, reason: string) => void;

/** What blocks prepare their fields with, so that a turn need not; what is wrong is told, and nothing throws. */
export class BlockCompiler {
  readonly fault: Fault;

  constructor(fault: Fault) {
    this.fault = fault;
  }

  text(source: Marked<'text'>): Template {
    return compileTemplate(source);
  }

  expression(field: string, source: Marked<'expression'>): Compiled {
    return this.attempt(
      field,
      () => compileExpression(source),
      () => null,
    );
  }

  /** Expressions by the name each gives a value to. */
  values(field: string, source: Readonly<Record<string, Marked<'expression'>>>): (readonly [string, Compiled])[] {
    return Object.entries(source).map(([name, text]) => {
      this.name(`${field}.${name}`, name);
      return [name, this.expression(`${field}.${name}`, text)] as const;
    });
  }

  /** Checks a name that is given a value: those with a dot and those of the system cannot be. */
  name(field: string, name: string): void {
    if (name.includes('.')) this.fault(field, 'a name with a dot belongs to the system');
    else if (isSystemName(name)) this.fault(field, `"${name}" belongs to the system`);
    else if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) this.fault(field, 'a name is letters, digits and underscores');
  }

  /** Makes something that may throw; then the fault is told, and `instead` stands in until it is mended. */
  attempt<T>(field: string, make: () => T, instead: T): T {
    try {
      return make();
    } catch (error) {
      this.fault(field, (error as Error).message);
      return instead;
    }
  }
}
