#!/bin/sh
# A worker by hand: takes what is ready, an item at a time, until nothing is. `wl work -- ./do.sh` does all of this, and renews
# leases, waits, and takes up at once what it left when it was killed.
set -u
here=$(dirname "$0")
complaints=$(mktemp)
trap 'rm -f "$complaints"' EXIT
export WL_ACTOR="${WL_ACTOR:-shell-worker}"

wl recover                                  # what others left is given back, once their leases are over
while :; do
  export WL_EXECUTION_ID="exec-$(date +%s)-$$-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')"
  WL_WORK_ID=$(wl next --claim --quiet) || exit
  [ -n "$WL_WORK_ID" ] || exit 0
  export WL_WORK_ID
  wl show "$WL_WORK_ID" --json \
    | node -p 'JSON.stringify(JSON.parse(fs.readFileSync(0)).data)' \
    | sh "$here/do.sh" 2> "$complaints"
  case $? in
    0) wl complete "$WL_WORK_ID" --result file="${OUT:-out}/$WL_WORK_ID.txt" ;;
    10) ;;                                  # it waits for something: blocked, and left as it is
    *) wl fail "$WL_WORK_ID" --error "@$complaints" ;;
  esac
done
