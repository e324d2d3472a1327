import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Parts of the paths of files that take long: the longest first. */
const longest = [
  'e2e/start.e2e',
  'e2e/killing',
  'http/operations/fuzz',
  'http/operations/table',
  'http/operations/who-reaches-what',
  'answering/webhook-bots',
  'answering/idle-operators',
  'answering/timers',
  'platform/due-faults',
];

function placeOf({ moduleId }: TestSpecification): number {
  const place = longest.findIndex((part) => moduleId.includes(part));
  return place === -1 ? longest.length : place;
}

/** Begins each project with the files that take long: a fresh clone knows no times, and nobody waits for the last file. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return sorted.toSorted(
      (a, b) => projects.indexOf(a.project) - projects.indexOf(b.project) || placeOf(a) - placeOf(b),
    );
  }
}
