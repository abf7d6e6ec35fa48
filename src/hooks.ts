// What git's hooks run, and what puts them in place: apart from the ledger itself, so that reading one does not load it.
export {
  checkHooks,
  type HookState,
  type HooksReport,
  installHooks,
  removeHooks,
  warmIndex,
} from './githooks/install.ts';
export { HOOKS, runHook } from './githooks/run-hook.ts';
