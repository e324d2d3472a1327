import { describe, expect, it } from 'vitest';
import { isMet, knownFaults, licenceProblems } from './dependencies.ts';

describe('a licence', () => {
  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['MIT AND ISC', true],
    ['MIT AND GPL-2.0-only', false],
    ['(MIT AND BSD-3-Clause) OR GPL-2.0-only', true],
    ['SEE LICENSE IN LICENSE.md', false],
  ])('%s can be met: %s', (expression, met) => {
    expect(isMet(expression, new Set(['MIT', 'ISC', 'BSD-3-Clause']))).toBe(met);
  });

  it('of what is given away is permissive, and of all that comes it is known', () => {
    const packages = {
      '': { license: 'MIT' },
      'packages/server': { license: 'SEE LICENSE' },
      'node_modules/ours': { link: true },
      'node_modules/good': { version: '1.0.0', license: 'MIT' },
      'node_modules/tool': { version: '1.0.0', license: 'MPL-2.0', dev: true },
      'node_modules/given': { version: '2.0.0', license: 'MPL-2.0' },
      'node_modules/copyleft': { version: '3.0.0', license: 'AGPL-3.0-only', dev: true },
      'node_modules/a/node_modules/silent': { version: '4.0.0' },
      'node_modules/installed': { version: '5.0.0' },
    };
    expect(licenceProblems(packages, (path) => (path.endsWith('installed') ? 'ISC' : undefined))).toEqual([
      'given 2.0.0 is under MPL-2.0',
      'copyleft 3.0.0 is under AGPL-3.0-only',
      'silent 4.0.0 says nothing of its licence',
    ]);
  });
});

describe('what a registry knows of faults', () => {
  it('stops a change where it is grave, and is noted where not', () => {
    const vulnerabilities = {
      one: { severity: 'critical', range: '<2', via: [{ title: 'Runs what it reads' }] },
      two: { severity: 'high', range: '*', via: ['one'] },
      three: { severity: 'moderate', range: '<=1', via: [{ title: 'Is slow' }] },
    };
    expect(knownFaults(JSON.stringify({ auditReportVersion: 2, vulnerabilities }))).toEqual({
      grave: ['one <2 (critical): Runs what it reads', 'two * (high): through one'],
      others: ['three <=1 (moderate): Is slow'],
    });
  });

  it.each(['', 'Bad gateway', '{"statusCode":405,"message":"405 Method Not Allowed"}'])(
    'is not looked at where the registry answers %j',
    (answer) => {
      expect(knownFaults(answer)).toBeUndefined();
    },
  );
});
