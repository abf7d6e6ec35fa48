// The program as plain files beside the library: `main.cjs`, a launcher that any Node can read; `start.cjs`, all that answers
// a question, since each more file takes longer to open than to read; `writing.cjs`, all that a transition needs besides;
// `start-hook.cjs`, all that a hook of git runs; and by
// themselves what only some calls need, and the libraries, so that they are not even read. Those take from `start.cjs` the
// modules that it has, so that there is one of each.
//
// node .ci/bundle.ts [FOLDER]: FOLDER/dist/cli, where FOLDER is that of the package unless told otherwise.
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { type BuildOptions, type BuildResult, build, type Plugin, transform } from 'esbuild';
import { FIELD_FACTS } from '../src/domain/field-facts.ts';
import { licensesOf } from './licenses.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = resolve(process.argv[2] ?? root, 'dist/cli');
rmSync(out, { recursive: true, force: true });

const BUNDLED = ['simple-git', 'yaml', 'zod'];
const options = {
  absWorkingDir: root,
  outdir: out,
  bundle: true,
  metafile: true,
  platform: 'node',
  target: 'node22.16',
  external: ['isomorphic-git'],
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  // A module that asks where it stands would find nothing in the bundle.
  logOverride: { 'empty-import-meta': 'error' },
} satisfies BuildOptions;

const librariesApart: Plugin = {
  name: 'libraries-apart',
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`^(?:${BUNDLED.join('|')})$`) }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path: `./${path}.cjs`, external: true },
    );
    // The same library by the name that other libraries call it by.
    onResolve({ filter: /^zod\/v4$/ }, () => ({ path: './zod.cjs', external: true }));
  },
};

/** A source that loads a library when it is needed has made a `require` for that; here there is one that esbuild knows. */
const requireKnown: Plugin = {
  name: 'require-known',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/](?:domain|codec)[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace('const require = createRequire(import.meta.url);\n', ''),
      loader: 'ts',
    }));
  },
};

/** The facts of fields are data, and making them takes the table of fields with all its kinds: they are made here, once. */
const factsMade: Plugin = {
  name: 'facts-made',
  setup({ onLoad }) {
    const data = JSON.stringify(FIELD_FACTS);
    if (!isDeepStrictEqual(JSON.parse(data), withoutUndefined(FIELD_FACTS)))
      throw new Error('the facts of fields are not data alone');
    onLoad({ filter: /[\\/]src[\\/]domain[\\/]field-facts\.ts$/ }, () => ({
      contents: `export const FIELD_FACTS = ${data};`,
      loader: 'ts',
    }));
  },
};

const withoutUndefined = (facts: typeof FIELD_FACTS): unknown =>
  facts.map((one) => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)));

/** What is loaded when it is called and is too small to be worth a file: it goes where it is called from. So do questions. */
const TOGETHER = /^\.{1,2}\/(?:commands\/(?:query\/[\w-]+|lifecycle\/next)|cli|index)\.ts$/;

/** By its name, the file that has each export of the library's entry. */
const HOMES = new Map(
  [
    ...readFileSync(join(root, 'src/index.ts'), 'utf8').matchAll(
      /export (?:type )?\{([^}]+)\} from '([^']+)'/g,
    ),
  ].flatMap(([, names = '', file = '']) =>
    names.split(',').flatMap((name): [string, string][] => {
      const [, bare] = /^(?:type )?(\w+)$/.exec(name.trim()) ?? [];
      return bare === undefined ? [] : [[bare, join(root, 'src', file)]];
    }),
  ),
);

/**
 * Names that are imported from the library's entry, from the files that have them: through the entry, whoever asks for one of them would
 * load whatever else it names.
 */
const straight = (code: string, path: string): string =>
  code.replaceAll(
    /\bimport \{([^}]+)\} from '([./]+\/index\.ts)';/g,
    (whole, names: string, named: string) => {
      if (resolve(path, '..', named) !== join(root, 'src/index.ts')) return whole;
      return names
        .split(',')
        .flatMap((name) => {
          const [, bare = ''] = /^(?:type )?(\w+)(?: as \w+)?$/.exec(name.trim()) ?? [];
          if (name.trim() === '') return [];
          const home = HOMES.get(bare);
          if (home === undefined) throw new Error(`${path}: no file of the entry has ${name}`);
          // As any other import of a file, so that it is known where it is from.
          const from = relative(dirname(path), home).replaceAll('\\', '/');
          return name.trim().startsWith('type ') ? [] : [`import { ${name.trim()} } from './${from}';`];
        })
        .join(' ');
    },
  );

const importsStraight: Plugin = {
  name: 'imports-straight',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/](?:clients|operations)[\\/].*\.ts$/ }, ({ path }) => ({
      contents: straight(readFileSync(path, 'utf8'), path),
      loader: 'ts',
    }));
  },
};

const callsTogether: Plugin = {
  name: 'calls-together',
  setup({ onLoad }) {
    onLoad({ filter: /[/]src[/](?:cli|ledger)[/].*\.ts$/ }, ({ path }) => {
      const imports: string[] = [];
      const code = straight(readFileSync(path, 'utf8'), path).replaceAll(
        /\bimport\('([^']+)'\)/g,
        (whole, named: string) => {
          if (!TOGETHER.test(named)) return whole;
          imports.push(`import * as called_${imports.length} from '${named}';`);
          return `Promise.resolve(called_${imports.length - 1})`;
        },
      );
      return { contents: `${code}\n${imports.join('\n')}`, loader: 'ts' };
    });
  },
};

/** By the name of its file, each module that is loaded when it is needed. */
const apart = new Map<string, string>();

const restApart: Plugin = {
  name: 'rest-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const file = resolve(resolveDir, path);
      const name = relative(join(root, 'src'), file).replaceAll(/[\\/]/g, '-').replace(/\.ts$/, '');
      apart.set(name, file);
      return { path: `./${name}.cjs`, external: true };
    });
  },
};

/** Modules that `start.cjs` has are taken from there. */
const fromStart = (has: ReadonlySet<string>): Plugin => ({
  name: 'from-start',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      const file = relative(root, resolve(resolveDir, path));
      return kind !== 'entry-point' && has.has(file) ? { path: file, namespace: 'start' } : undefined;
    });
    onLoad({ filter: /.*/, namespace: 'start' }, ({ path }) => ({
      contents: `module.exports = require('./start.cjs').modules['${path}'];`,
      resolveDir: root,
    }));
  },
});

/** Charts are drawn without a canvas, also where one is installed: a report is the same everywhere. */
const withoutCanvas: Plugin = {
  name: 'without-canvas',
  setup({ onResolve }) {
    onResolve({ filter: /^vega-canvas$/ }, () => ({
      path: join(root, 'node_modules/vega-canvas/build/vega-canvas.browser.js'),
    }));
  },
};

/** By what a source calls it, each of the two files that the launcher starts. */
const STARTED: Readonly<Record<string, string>> = {
  './program.ts': './start.cjs',
  './start.cjs': './start.cjs',
  './start-hook.ts': './start-hook.cjs',
};

const launcherAlone: Plugin = {
  name: 'launcher-alone',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(?:program|start)/ }, ({ kind, path }) => {
      const started = kind === 'entry-point' ? undefined : STARTED[path];
      return started === undefined ? undefined : { path: started, external: true };
    });
  },
};

const script = { ...options, format: 'cjs', outExtension: { '.js': '.cjs' } } satisfies BuildOptions;
const launcher = await build({
  ...script,
  entryPoints: ['src/cli/main.ts'],
  target: 'node12',
  supported: { 'dynamic-import': false },
  plugins: [launcherAlone],
});
const libraries = await Promise.all(BUNDLED.map((name) => build({ ...script, entryPoints: [name] })));

/** All that a question needs, without wrappers around its modules; `modules` gives them to the rest. */
function buildStart(modules: readonly string[]): Promise<BuildResult<typeof script>> {
  const imports = modules.map((path, n) => `import * as m${n} from './${path}';`);
  const entries = modules.map((path, n) => `'${path}': m${n}`);
  const contents = [
    "export { start } from './src/cli/program.ts';",
    ...imports,
    `export const modules = { ${entries.join(', ')} };`,
  ].join('\n');
  return build({
    ...script,
    outdir: undefined,
    outfile: join(out, 'start.cjs'),
    stdin: { contents, resolveDir: root, loader: 'ts' },
    supported: { 'dynamic-import': false },
    plugins: [callsTogether, importsStraight, restApart, librariesApart, factsMade, requireKnown],
  });
}

/** The modules of which something is left in the one file that was built: what nobody there asks for is left out of it. */
function modulesIn({ metafile }: BuildResult<typeof script>): string[] {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.flatMap(([path, { bytesInOutput }]) =>
    path.startsWith('src/') && bytesInOutput > 0 ? [path] : [],
  );
}

const started = modulesIn(await buildStart([]));
const start = await buildStart(started);
/** All that git's hooks run is one file of its own: a push waits for it. */
const hook = await build({
  ...script,
  entryPoints: ['src/cli/start-hook.ts'],
  supported: { 'dynamic-import': false },
  plugins: [launcherAlone, librariesApart, requireKnown],
});

const rest = await build({
  ...options,
  // What Node takes of it loads its own parts in a way that cannot be put together.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  entryPoints: Object.fromEntries(apart),
  plugins: [
    callsTogether,
    importsStraight,
    fromStart(new Set(started)),
    librariesApart,
    factsMade,
    requireKnown,
    withoutCanvas,
    launcherAlone,
  ],
  // Only modules can share parts. They become scripts below, which load faster.
  format: 'esm',
  splitting: true,
  chunkNames: 'part-[hash]',
  write: false,
});
/** By the name of its file, the code of each part. */
const parts = new Map<string, string>();
for (const { path, text } of rest.outputFiles) {
  const { code } = await transform(text.replaceAll(/(["']\.\/[\w-]+)\.js(["'])/g, '$1.cjs$2'), {
    format: 'cjs',
    platform: 'node',
    target: 'node22.16',
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
  });
  parts.set(`./${basename(path).replace(/\.js$/, '.cjs')}`, code);
}

/**
 * What every transition loads, and what a client's hook does: some sixty files, which take longer to open than to read. They are one,
 * which runs each when asked.
 */
const WRITING = [
  ...[...apart.keys()].filter((name) => name.startsWith('cli-commands-lifecycle-')),
  'cli-commands-ledger-client-hook',
  'domain-verbs',
  'ledger-arrivals',
  'ledger-executions',
  'ledger-resume',
  'ledger-submit',
  'ledger-writer',
  'projection-catch-up',
  'remote-native',
  'remote-traced',
  'store-request-queue',
  'store-native',
  'sync-synchronizer',
];
const writing = new Set(WRITING.map((name) => `./${name}.cjs`));
for (const name of writing)
  for (const [, part = ''] of (parts.get(name) ?? '').matchAll(/=require\("(\.\/part-\w+\.cjs)"\)/g))
    writing.add(part);
const inOne = (code: string): string =>
  code.replaceAll(/\brequire\("(\.\/[\w-]+\.cjs)"\)/g, (whole, name: string) =>
    writing.has(name) ? `require("./writing.cjs").load("${name}")` : whole,
  );
const functions = [...writing].map((name) => {
  const code = parts.get(name);
  if (code === undefined) throw new Error(`a transition loads ${name}, which is not there`);
  return `${JSON.stringify(name)}(module,exports,require){${code}}`;
});
writeFileSync(
  join(out, 'writing.cjs'),
  `const parts={${functions.join(',')}},loaded={};function load(name){if(parts[name]===undefined)return require(name);let module=loaded[name];if(module===undefined){module=loaded[name]={exports:{}};parts[name](module,module.exports,load)}return module.exports}exports.load=load;`,
);
for (const [name, code] of parts) if (!writing.has(name)) writeFileSync(join(out, name), inOne(code));
const startFile = join(out, 'start.cjs');
writeFileSync(startFile, inOne(readFileSync(startFile, 'utf8')));
const metafiles = [launcher, start, hook, rest, ...libraries].map(({ metafile }) => metafile);
writeFileSync(join(out, 'licenses.txt'), licensesOf(root, metafiles));
chmodSync(join(out, 'main.cjs'), 0o755);
