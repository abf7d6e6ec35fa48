#!/bin/sh
# One item by Codex, on a branch of its own:  wl work -- examples/codex/run.sh
# Its sandbox reaches neither .git nor the network, so this script commits, and the worker talks to the ledger.
set -eu
branch=work/$WL_WORK_ID
keep() {
  git add --all
  git diff --cached --quiet || git commit --quiet --message "$(git branch --show-current)"
}
# What an attempt left that was killed belongs to the branch that it was on.
case $(git branch --show-current) in work/*) keep ;; esac
git switch --quiet "$branch" 2> /dev/null || git switch --quiet --create "$branch" "${BASE:-main}"
printf '{"type":"checkpoint","step":"attempt %s","work_ref":"%s"}\n' "$WL_ATTEMPT" "$branch"
status=0
codex exec --sandbox workspace-write - < "$WL_PROMPT_FILE" || status=$?
keep
printf '{"type":"result","branch":"%s","commit":"%s"}\n' "$branch" "$(git rev-parse HEAD)"
exit "$status"
