// The program as plain files beside the library: `main.cjs`, a launcher that any Node can read; `start.cjs`, which answers
// questions; and by themselves the parts and the libraries that are not always called, so that they are not even read.
//
// node .ci/bundle.ts [FOLDER]: FOLDER/dist/cli, where FOLDER is that of the package unless told otherwise.
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin, transform } from 'esbuild';
import { licensesOf } from './licenses.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = resolve(process.argv[2] ?? root, 'dist/cli');
rmSync(out, { recursive: true, force: true });

const BUNDLED = ['simple-git', 'yaml', 'zod'];
/** What a module knows about itself, for a script. */
const HERE = "const import_meta_url = require('node:url').pathToFileURL(__filename).href;";
const options = {
  absWorkingDir: root,
  outdir: out,
  bundle: true,
  metafile: true,
  platform: 'node',
  target: 'node24',
  external: ['isomorphic-git'],
  define: { 'import.meta.url': 'import_meta_url' },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions;

const librariesApart: Plugin = {
  name: 'libraries-apart',
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`^(?:${BUNDLED.join('|')})$`) }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path: `./${path}.cjs`, external: true },
    );
  },
};

/** A source that loads a library when it is needed has made a `require` for that; here there is one that esbuild knows. */
const requireKnown: Plugin = {
  name: 'require-known',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/](?:domain[\\/]zod|codec[\\/]yaml-library)\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace('const require = createRequire(import.meta.url);\n', ''),
      loader: 'ts',
    }));
  },
};

/**
 * Commands are small, and each more file takes longer to open than to read: they stay in one, and still run when they are
 * called. The whole parser is not small, and few calls need it.
 */
const commandsTogether: Plugin = {
  name: 'commands-together',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/]cli[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(
        /\bimport\(('\.(?!\/parser)[^']*')\)/g,
        'Promise.resolve().then(() => require($1))',
      ),
      loader: 'ts',
    }));
  },
};

/**
 * Parts of Node that commander takes whole: as they are, without a copy of each for the sake of modules; and no processes,
 * which it needs only for commands that are programs of their own.
 */
const nodeAsItIs: Plugin = {
  name: 'node-as-it-is',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:(?:child_process|fs|path|process)$/ }, ({ importer, path }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path, namespace: 'node' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'node' }, ({ path }) => ({
      contents:
        path === 'node:child_process'
          ? 'export default undefined;'
          : `export default process.getBuiltinModule('${path}');`,
    }));
  },
};

const startApart: Plugin = {
  name: 'start-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/start\.ts$/ }, () => ({ path: './start.cjs', external: true }));
  },
};

const script = { ...options, format: 'cjs', outExtension: { '.js': '.cjs' } } satisfies BuildOptions;
const launcher = await build({
  ...script,
  entryPoints: ['src/cli/main.ts'],
  banner: { js: HERE },
  target: 'node12',
  supported: { 'dynamic-import': false },
  plugins: [startApart],
});
const libraries = await Promise.all(BUNDLED.map((name) => build({ ...script, entryPoints: [name] })));
const program = await build({
  ...options,
  entryPoints: ['src/cli/start.ts'],
  plugins: [commandsTogether, librariesApart, requireKnown, nodeAsItIs],
  // Only modules can share parts. They become scripts below, which load faster.
  format: 'esm',
  splitting: true,
  chunkNames: 'part-[hash]',
  write: false,
});
for (const { path, text } of program.outputFiles) {
  const { code } = await transform(text.replaceAll(/(["']\.\/[\w-]+)\.js(["'])/g, '$1.cjs$2'), {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    banner: text.includes('import_meta_url') ? HERE : '',
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
  });
  writeFileSync(path.replace(/\.js$/, '.cjs'), code);
}
const metafiles = [launcher, program, ...libraries].map(({ metafile }) => metafile);
writeFileSync(join(out, 'licenses.txt'), licensesOf(root, metafiles));
chmodSync(join(out, 'main.cjs'), 0o755);
