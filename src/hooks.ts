// What git's hooks run, and what puts them in place: apart from the ledger itself, so that reading one does not load it.
export {
  checkHooks,
  type HookState,
  type HooksReport,
  installHooks,
  removeHooks,
} from './githooks/install.ts';
export { HOOKS, runHook } from './githooks/run-hook.ts';
export type { Program } from './githooks/shims.ts';
export { warmIndex } from './githooks/warm-index.ts';
