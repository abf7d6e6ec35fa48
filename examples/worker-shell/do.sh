#!/bin/sh
# Does one item: the text that it describes, in capitals, as a file in $OUT. The item is on standard input, as JSON.
# Whatever started it, it goes on where the one before it stopped, and doing it twice comes to the same.
set -eu
out=${OUT:-out}
mkdir -p "$out"
item=$(cat)
field() { printf '%s' "$item" | node -p "JSON.parse(fs.readFileSync(0)).$1 ?? ''"; }

draft=$out/$WL_WORK_ID.draft
if [ "$(field 'checkpoint?.step')" != drafted ]; then
  field description | tr '[:lower:]' '[:upper:]' > "$draft"
  wl checkpoint "$WL_WORK_ID" --step drafted --next "publish the draft" --artifact "$draft"
fi

# The name is the item's, and a file is copied and then moved: who does it again puts the same file in the same place.
cp "$draft" "$out/$WL_WORK_ID.new"
mv "$out/$WL_WORK_ID.new" "$out/$WL_WORK_ID.txt"
printf '{"type":"result","file":"%s"}\n' "$out/$WL_WORK_ID.txt"
