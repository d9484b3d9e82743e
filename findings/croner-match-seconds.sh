#!/usr/bin/env bash
# croner 11.0.1, method `match`.
#
# One would guess that a cron pattern of five fields matches a date in any second of a minute that it names: such a pattern has
# no seconds. croner takes the missing field as second 0, so `match` is true for one second of each minute only. Whoever asks
# "are we inside the window?" with `match` gets the wrong answer 59 times out of 60. The way out is to ask for the next run
# after the last millisecond of the minute before.
#
# Seen: 03:30:00 true, 03:30:20 false, 03:30:59 false; next run after 03:29:59.999 is 03:30:00.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund croner@11.0.1

cat >ask.mjs <<'JS'
import { Cron } from 'croner';

const window = new Cron('* 2-4 * * *', { paused: true, utcOffset: 0 });
const at = (second, ms = 0) => new Date(Date.UTC(2026, 0, 1, 3, 30, second, ms));
for (const second of [0, 20, 59]) console.log(`match at 03:30:${String(second).padStart(2, '0')}: ${window.match(at(second))}`);
console.log(`next run after 03:29:59.999: ${window.nextRun(at(0, -1)).toISOString()}`);
JS
seen=$(node ask.mjs)
echo "$seen"
expected='match at 03:30:00: true
match at 03:30:20: false
match at 03:30:59: false
next run after 03:29:59.999: 2026-01-01T03:30:00.000Z'
[ "$seen" = "$expected" ] || { echo "changed; expected:" >&2; echo "$expected" >&2; exit 1; }
echo 'as found'
