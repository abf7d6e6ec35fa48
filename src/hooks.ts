// What git's hooks run, apart from the ledger itself, so that reading one does not load it.
export { HOOKS, type HookName, type HookVerdict, runHook } from './githooks/run-hook.ts';
