#!/bin/sh
# One item by Claude Code, on a branch of its own:  wl work -- examples/claude-code/run.sh
set -eu
branch=work/$WL_WORK_ID
# What the agent may have written runs no hook here.
git() { command git -c core.hooksPath=/dev/null -c core.fsmonitor=false "$@"; }
keep() {
  git add --all
  git diff --cached --quiet || git commit --quiet --message "$(git branch --show-current)"
}
# What an attempt left that was killed belongs to the branch that it was on.
case $(git branch --show-current) in work/*) keep ;; esac
git switch --quiet "$branch" 2> /dev/null || git switch --quiet --create "$branch" "${BASE:-main}"
# What starts no program and acts on nobody else's item; this script commits. See "What remains" in README.md.
claude -p --permission-mode acceptEdits \
  --allowedTools 'Bash(wl resume:*),Bash(wl show:*),Bash(wl checkpoint:*),Bash(wl escalate:*),Bash(wl block:*)' \
  --disallowedTools 'Edit(.git/**)' < "$WL_PROMPT_FILE"
keep
printf '{"type":"result","branch":"%s","commit":"%s"}\n' "$branch" "$(git rev-parse HEAD)"
