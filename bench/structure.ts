// How the code is cut, in figures: what one call runs, how large files are, and what one has to touch to add something.
//
//   node bench/structure.ts           the tables
//   node bench/structure.ts --files   with the names of the files
//   node bench/structure.ts --root=DIR   of another checkout
//
// test/bench/structure.test.ts holds the figures, so that they do not drift back unseen.
import { ADDITIONS, applied } from './structure/additions.ts';
import { longFiles, sizeByLayer, sizeOf } from './structure/size.ts';
import { ROOT, readSources } from './structure/sources.ts';
import { measureTrips } from './structure/trips.ts';

const named = process.argv.includes('--files');
const root = process.argv.find((arg) => arg.startsWith('--root='))?.slice('--root='.length) ?? ROOT;
const sources = readSources(root);
const print = (rows: readonly (readonly (string | number)[])[]): void => {
  for (const row of rows)
    console.log(row.map((cell, at) => (at === 0 ? String(cell).padEnd(24) : cell)).join('  '));
};
const list = (files: readonly string[]): string => (named ? `\n  ${files.join('\n  ')}` : '');

console.log('Files and functions that a call runs, beyond what loading them runs');
for (const { name, files, functions } of await measureTrips(root))
  print([[name, `${files.length} files, ${functions} functions${list(files)}`]]);

const { files, lines, median } = sizeOf(sources);
console.log(`\nSource files: ${files}, of ${lines} lines; median ${median}`);
print(
  sizeByLayer(sources).map(([layer, size]) => [
    layer,
    `${size.files} files, ${size.lines} lines, median ${size.median}`,
  ]),
);
console.log('\nFiles over 300 lines, and why');
print(
  longFiles(sources).map(({ path, lines: long, reason }) => [
    path,
    `${long}  ${reason ?? 'no reason in its first line'}`,
  ]),
);

console.log('\nSource files to touch, by adding one of each in test/e2e/toy-additions.test.ts');
for (const addition of ADDITIONS) {
  const touches = [...applied(addition, sources).keys()];
  print([[addition.kind, `${touches.length} (as ${addition.name})${list(touches)}`]]);
}
