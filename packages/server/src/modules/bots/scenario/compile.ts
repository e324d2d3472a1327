import type { Action, Keyboard } from '@molva/contract';
import { compileExpression, type Compiled } from './expression.ts';
import { compileBranch, type Matcher } from './match.ts';
import type { Block } from './schema.ts';
import { isSystemName } from './system-variables.ts';
import { compileTemplate, type Template } from './template.ts';

/** A file of a message as a scenario names it. */
export interface ScenarioFile {
  readonly name: string;
  readonly url: string;
  readonly contentType: string;
  readonly size: number;
}

/** What a block says, ready to be said. */
export interface Speech {
  readonly text: Template;
  readonly answers: readonly string[];
  readonly keyboard: Keyboard | null;
  readonly attachments: readonly ScenarioFile[];
  readonly actions: readonly Action[];
}

/** A block with everything prepared that a turn would otherwise work out again. */
export type CompiledBlock =
  | { readonly type: 'start' | 'jump'; readonly next: string }
  | { readonly type: 'message'; readonly speech: Speech; readonly next: string }
  | {
      readonly type: 'question';
      readonly speech: Speech;
      readonly variable: string | undefined;
      readonly branches: readonly { readonly matches: Matcher; readonly next: string }[];
      readonly otherwise: string | undefined;
      readonly timeout: { readonly ms: number; readonly next: string } | undefined;
    }
  | {
      readonly type: 'condition';
      readonly branches: readonly { readonly when: Compiled; readonly next: string }[];
      readonly otherwise: string;
    }
  | {
      readonly type: 'set' | 'result';
      readonly values: readonly (readonly [string, Compiled])[];
      readonly next: string;
    }
  | {
      readonly type: 'random';
      readonly total: number;
      readonly branches: readonly { readonly weight: number; readonly next: string }[];
    }
  | { readonly type: 'pause'; readonly ms: number; readonly typing: boolean; readonly next: string }
  | {
      readonly type: 'operator';
      readonly group: string | null;
      readonly announcement: Template | null;
      readonly notFound: string | undefined;
    }
  | { readonly type: 'end'; readonly text: Template | null };

/** Prepares a block whose form is right; faults of its texts are told. */
export function compileBlock(block: Block, fault: (field: string, reason: string) => void): CompiledBlock {
  const attempt = <T>(field: string, make: () => T, instead: T): T => {
    try {
      return make();
    } catch (error) {
      fault(field, (error as Error).message);
      return instead;
    }
  };
  const expression = (field: string, source: string): Compiled =>
    attempt(
      field,
      () => compileExpression(source),
      () => null,
    );
  const values = (source: Readonly<Record<string, string>>): (readonly [string, Compiled])[] =>
    Object.entries(source).map(([name, text]) => {
      checkName(name, (reason) => fault(`values.${name}`, reason));
      return [name, expression(`values.${name}`, text)] as const;
    });
  switch (block.type) {
    case 'start':
      return { type: 'start', next: block.next };
    case 'jump':
      return { type: 'jump', next: block.to };
    case 'message':
      return { type: 'message', speech: speech(block), next: block.next };
    case 'question':
      if (block.variable !== undefined) checkName(block.variable, (reason) => fault('variable', reason));
      return {
        type: 'question',
        speech: speech(block),
        variable: block.variable,
        branches: (block.branches ?? []).map((branch, index) => {
          if ((branch.keywords ?? branch.pattern ?? branch.exact) === undefined) {
            fault(`branches.${index}`, 'needs keywords, a pattern or exact texts');
          }
          const matches = attempt<Matcher>(
            `branches.${index}`,
            () => compileBranch(branch),
            () => false,
          );
          return { matches, next: branch.next };
        }),
        otherwise: block.default,
        timeout: block.timeout && { ms: block.timeout.seconds * 1000, next: block.timeout.next },
      };
    case 'condition':
      return {
        type: 'condition',
        branches: block.branches.map(({ when, next }, index) => ({
          when: expression(`branches.${index}.when`, when),
          next,
        })),
        otherwise: block.default,
      };
    case 'set':
    case 'result':
      return { type: block.type, values: values(block.values), next: block.next };
    case 'random': {
      const branches = block.branches.map(({ weight = 1, next }) => ({ weight, next }));
      return { type: 'random', branches, total: branches.reduce((sum, { weight }) => sum + weight, 0) };
    }
    case 'pause':
      return { type: 'pause', ms: block.seconds * 1000, typing: block.typing ?? true, next: block.next };
    case 'operator':
      return {
        type: 'operator',
        group: block.group ?? null,
        announcement: block.announcement === undefined ? null : compileTemplate(block.announcement),
        notFound: block.notFound,
      };
    case 'end':
      return { type: 'end', text: block.text === undefined ? null : compileTemplate(block.text) };
  }
}

function speech(block: Block<'message' | 'question'>): Speech {
  const { keyboard } = block;
  return {
    text: compileTemplate(block.text),
    answers: block.answers ?? [],
    keyboard:
      keyboard === undefined
        ? null
        : {
            buttonsInRow: keyboard.buttonsInRow ?? 2,
            buttons: keyboard.buttons.map((text) => ({ type: 'text', text })),
          },
    attachments: (block.attachments ?? []).map((file) => ({ ...file, size: file.size ?? 0 })),
    actions: block.actions ?? [],
  };
}

/** Names with a dot and names of the system cannot be given a value. */
function checkName(name: string, fault: (reason: string) => void): void {
  if (name.includes('.')) fault('a name with a dot belongs to the system');
  else if (isSystemName(name)) fault(`"${name}" belongs to the system`);
  else if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) fault('a name is letters, digits and underscores');
}
