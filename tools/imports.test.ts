import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.ts';

describe(importsOf, () => {
  it('reads each way to import, in order', () => {
    const source = `
      import {
        a,
        type B,
      } from './a.ts';
      import './d.ts';
      export { c } from './c.ts';
      export * from './e.ts';
      const f = await import('./f.ts');
      type G = import('./g.ts').G;`;
    expect(importsOf(source).map(({ target }) => target)).toEqual([
      './a.ts',
      './d.ts',
      './c.ts',
      './e.ts',
      './f.ts',
      './g.ts',
    ]);
  });

  it.each([
    ["import type { A } from 'a';", true],
    ["import { type A, type B } from 'a';", true],
    ["export type { A } from 'a';", true],
    ["type A = import('a').A;", true],
    ["import { type A, b } from 'a';", false],
    ["import 'a';", false],
    ["export type A = string;\nimport { b } from 'a';", false],
    ["const a = await import('a');", false],
  ])('of %j says whether types alone are taken', (source, typeOnly) => {
    expect(importsOf(source)).toEqual([{ target: 'a', typeOnly }]);
  });

  it('does not take comments and texts for imports', () => {
    expect(importsOf("/*\nimport 'a';\n*/\nconst text = `\nimport 'b';\n`;\n// import('c')")).toEqual([]);
  });

  it('says which file it cannot read', () => {
    expect(() => importsOf('const = ;', 'broken.ts')).toThrow(/broken\.ts cannot be read/);
  });
});
