#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: cli_test.sh, with LAMBDA the command and BPF_OBJECTS the build folder.
# The lambda command as far as it goes without a kernel that has λ-IO, in TAP:
# exit codes, and what a person is told.

lambda=${LAMBDA:?} objects=${BPF_OBJECTS:?}
count=0

# expect CODE TEXT ARGUMENT...: runs lambda; TEXT is a part of what it says
expect() {
	local code=$1 text=$2 said status
	shift 2
	said=$("$lambda" "$@" 2>&1 </dev/null)
	status=$?
	count=$((count + 1))
	if [ "$status" -eq "$code" ] && [[ $said == *"$text"* ]]; then
		echo "ok $count - lambda ${*##*/}"
	else
		echo "not ok $count - lambda ${*##*/}"
		printf '# status %s, wanted %s and "%s" in:\n' "$status" "$code" \
			"$text"
		echo "# ${said//$'\n'/$'\n'# }"
	fi
}

calls=$objects/tests/calls.bpf.o
stats=$objects/programs/stats64.bpf.o

expect 2 "Usage: lambda VERB"
expect 0 "list the λ programs" --help
expect 2 "no verb 'fly'" fly
expect 0 "--hold" load --help
expect 2 "which object?" load
expect 2 "Usage" load a b
expect 1 "No such file" load /nonexistent
expect 3 "not an ELF file" load "$0"
expect 3 "'first', 'second'" load "$calls"
expect 1 "no program 'third'" load --program=third "$calls"
expect 2 "'1x' is not a number" load --heap=1x "$stats"
expect 2 "not a multiple of 4K" load --frame=4097 "$stats"
expect 2 "'-1' is not a number" load --budget=-1 "$stats"

expect 0 "program first: " info "$calls"
expect 0 "passes the load-time check" info "$stats"
expect 0 "global squares" info "$objects/tests/globals.bpf.o"
expect 0 "heap: 5000 bytes" info "$objects/tests/options.bpf.o"
expect 3 "calls 'bpf_printk'" info "$objects/tests/refused_call.bpf.o"
expect 3 "do not recurse" info "$objects/tests/refused_recursion.bpf.o"
expect 3 "has no λ program" info "$objects/tests/no_program.bpf.o"

expect 2 "which object, over which file?" run "$stats"
expect 2 "a batch has" run --batch=0 "$stats" /dev/null
expect 2 "a batch has" run --batch=1G "$stats" /dev/null
expect 2 "not a size" run --length=x "$stats" /dev/null
expect 2 "not host, device or auto" run --side=left "$stats" /dev/null
expect 2 "not raw, hex, i64 or u64" run --print=pdf "$stats" /dev/null
expect 2 "goes with neither" run --write --lines "$stats" /dev/null
expect 2 "pairs of hexadecimal" run --args=hex:abc "$stats" /dev/null
expect 2 "does not fit its type" run --args=u8:256 "$stats" /dev/null
expect 2 "does not fit its type" run --args=i8:128 "$stats" /dev/null
expect 2 "does not fit its type" run --args=i8:-129 "$stats" /dev/null
expect 2 "not a number" run --args=u64:-1 "$stats" /dev/null
expect 2 "not of the form" run --args=text "$stats" /dev/null
expect 2 "No such file" run --args=file:/nonexistent "$stats" /dev/null
expect 2 "longer than 64 KiB" run --args=file:/dev/zero "$stats" /dev/null
expect 1 "/nonexistent" run "$stats" /nonexistent
expect 1 "/nonexistent/out" run --out=/nonexistent/out "$stats" /dev/null
for args in i8:-128 i8:127 u16:65535 i64:-9223372036854775808 \
		hex:00FFab str: str:text; do
	expect 1 "/nonexistent" run --args=$args "$stats" /nonexistent
done

echo "1..$count"
