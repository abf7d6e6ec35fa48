// The software bill of materials: all that users get with the package, in the form of CycloneDX, by npm. What only development
// needs is left out; what npm takes for that and a bundle contains is not. The same lock file gives the same bytes.
//
// node .ci/sbom.ts [FOLDER]    writes FOLDER/dist/sbom.cdx.json, where FOLDER is that of the package unless told otherwise
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAllowed, shippedWith } from './shipped.ts';

interface Bill {
  serialNumber?: string;
  metadata: { timestamp?: string; component: { name: string } };
  components: { 'bom-ref': string; scope?: string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const out = resolve(process.argv[2] ?? root, 'dist/sbom.cdx.json');
// What npm runs this with is not for another npm.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
const all = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
    cwd: root,
    env,
    maxBuffer: 64 * 1024 * 1024,
  }).toString(),
) as Bill;

const shipped = shippedWith(root);
const refused = shipped.filter(({ license }) => !isAllowed(license));
if (refused.length > 0)
  throw new Error(
    `not to be passed on: ${refused.map(({ name, license }) => `${name} (${license})`).join(', ')}`,
  );

const own = all.dependencies[0]?.ref ?? '';
const kept = new Set([own, ...shipped.map(({ name, version }) => `${name}@${version}`)]);
const { serialNumber, ...bill } = all;
const { timestamp, ...metadata } = all.metadata;
// npm says the name of the folder.
metadata.component.name = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name: string }
).name;
const components = bill.components
  .filter((component) => kept.has(component['bom-ref']))
  .map((component) => ({ ...component, scope: 'required' }));
const dependencies = bill.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }));
writeFileSync(out, `${JSON.stringify({ ...bill, metadata, components, dependencies }, null, 2)}\n`);
