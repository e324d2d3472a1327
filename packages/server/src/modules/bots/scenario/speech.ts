import type { Action, Keyboard } from '@molva/contract';
import { Type, type Static, type TObject } from 'typebox';
import type { BlockCompiler } from './compiler.ts';
import { Label, Text } from './fields.ts';
import type { Template } from './template.ts';

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
  /** Bytes of all that is said beside the text. */
  readonly bytes: number;
  readonly answers: readonly string[];
  readonly keyboard: Keyboard | null;
  readonly attachments: readonly ScenarioFile[];
  readonly actions: readonly Action[];
}

const AttachmentField = Type.Object({
  name: Label,
  url: Type.String({ pattern: '^(https?://|/)', maxLength: 2048 }),
  contentType: Type.String({ minLength: 1, maxLength: 128 }),
  size: Type.Optional(Type.Integer({ minimum: 0 })),
});
const ActionField = Type.Object({
  type: Label,
  event: Type.Optional(Label),
  label: Type.Optional(Label),
  data: Type.Optional(Type.String({ maxLength: 4096 })),
});

/** What a block can say: text with `{variables}`, ready answers, a keyboard, files by address, actions. */
export const speechFields = {
  text: Text,
  answers: Type.Optional(Type.Array(Label, { maxItems: 20 })),
  keyboard: Type.Optional(
    Type.Object({
      buttonsInRow: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
      buttons: Type.Array(Label, { minItems: 1, maxItems: 40 }),
    }),
  ),
  attachments: Type.Optional(Type.Array(AttachmentField, { maxItems: 10 })),
  actions: Type.Optional(Type.Array(ActionField, { maxItems: 10 })),
};

/** Prepares what a block says. */
export function compileSpeech(block: Static<TObject<typeof speechFields>>, compiler: BlockCompiler): Speech {
  const { keyboard } = block;
  const beside: Omit<Speech, 'text' | 'bytes'> = {
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
  return { text: compiler.text(block.text), bytes: Buffer.byteLength(JSON.stringify(beside)), ...beside };
}

/** A text with nothing beside it. */
export function wordsAlone(text: Template): Speech {
  return { text, bytes: 0, answers: [], keyboard: null, attachments: [], actions: [] };
}
