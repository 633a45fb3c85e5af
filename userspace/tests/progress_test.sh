#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: progress_test.sh, with LAMBDA the command and BPF_OBJECTS the build folder.
# What a run tells of how far it is when it is sent SIGUSR1: wherever that goes, at
# once, as often as asked, and without changing anything. TAP on standard output.

case ${1:-} in -h|--help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac

lambda=${LAMBDA:?} objects=${BPF_OBJECTS:?}
# shellcheck source=userspace/tests/result.sh
. "${0%/*}/result.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export LAMBDA_PATH=$objects/programs

# wait_for COMMAND...: until it succeeds, at most a minute
wait_for() {
	local i
	for ((i = 0; i < 600; i++)); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

# answers PID: it would not be ended by SIGUSR1 (10)
# shellcheck disable=SC2317 # by wait_for
answers() {
	(((0x$(sed -n 's/^SigBlk:\t//p' "/proc/$1/status") >> 9) & 1))
}

# shellcheck disable=SC2317 # by wait_for
lines() {
	[ "$(grep -c . said)" -ge "$1" ]
}

# The form of what it says, of a file whose end is known or not.
form='^lambda: sparse: [0-9]+ bytes, [0-9]+\.[0-9] s, [0-9]+\.[0-9] MB/s, [0-9]+ %$'

truncate -s 64G sparse
"$lambda" run --local wordcount sparse >out 2>said &
pid=$!
wait_for answers $pid && kill -USR1 $pid && wait_for lines 1
result $? "SIGUSR1 is answered"
sleep 1.2
kill -USR1 $pid && wait_for lines 2
result $? "each time"
grep -qE -e "$form" <(tail -n 1 said)
result $? "with file, bytes, time, rate and part"
[ "$(sed -E 's/.*: ([0-9]+) bytes.*/\1/' <(tail -n 1 said))" -gt 1000000 ] &&
	! grep -q $'\r' said
result $? "which are those of now"
kill -TERM $pid
wait $pid 2>/dev/null
[ $? -eq 143 ] && [ ! -s out ]
result $? "and it runs on until something else ends it"

# One that waits for its input, which the signal must not end.
mkfifo rows
"$lambda" run --local --write --in=rows bitmap made >out 2>said &
pid=$!
exec 3>rows
wait_for answers $pid && kill -USR1 $pid && wait_for lines 1 &&
	kill -USR1 $pid && wait_for lines 2
result $? "one that waits for input answers as well"
printf '\014\000\024\200\003\000' >&3
exec 3>&-
wait $pid && printf '\000\360\377\377\000' | cmp - made
result $? "and writes what it would have written"

# A line at a terminal makes room for it.
python3 - "$lambda" sparse <<'END'
import os, pty, re, signal, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], ["lambda", "run", "--local", "wordcount", sys.argv[2]])
shown, begin, asked = b"", time.monotonic(), False
while time.monotonic() - begin < 60:
    shown += os.read(terminal, 4096)
    if b"MB/s, " in shown and not asked:
        asked = True
        os.kill(pid, signal.SIGUSR1)
    if re.search(rb"\r\x1b\[Klambda: sparse: \d+ bytes, .* %\r\n\rsparse: ", shown):
        break
else:
    print("#", shown[-500:])
    asked = False
os.kill(pid, signal.SIGTERM)
os.waitpid(pid, 0)
sys.exit(not asked)
END
result $? "at a terminal the line makes room for the answer, and comes back"

"$lambda" bench --rounds=1 wordcount sparse >out 2>said &
pid=$!
wait_for answers $pid && kill -USR1 $pid && wait_for lines 1 &&
	grep -qE '^lambda: .*[0-9]+ bytes, ' said
result $? "bench answers, too"
kill -TERM $pid
wait $pid 2>/dev/null

echo "1..$count"
exit "$failed"
