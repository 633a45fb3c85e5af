#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: output_test.sh, with LAMBDA the command and BPF_OBJECTS the build folder.
# Files that `lambda run` replaces or writes: all of it is there, or nothing was
# changed; and what belongs to them stays. TAP on standard output.

case ${1:-} in -h|--help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac

lambda=${LAMBDA:?} objects=${BPF_OBJECTS:?}
# shellcheck source=userspace/tests/result.sh
. "${0%/*}/result.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# same NAME FILE CONTENTS: FILE has them
same() {
	printf '%s' "$3" | cmp - "$2"
	result $? "$1"
}

# holds NAME CONDITION...: a condition of test(1)
holds() {
	local name=$1
	shift
	[ "$@" ]
	result $? "$name"
}

# run ARGUMENT...: the rows of a table whose second column is 5 or more
run() {
	"$lambda" run --local --args=u32:1 --args=u32:5 --args=i64:5 "$@" 2>said
}
filter=$objects/programs/csvfilter.bpf.o
ends=$objects/tests/ends.bpf.o
printf 'a,1\nb,9\nc,7\n' >table
rows=$'b,9\nc,7\n'

echo old >out
chmod 4640 out
python3 -c "import os; os.setxattr('out', 'user.note', b'kept')"
before=$(stat -c %i out)
run --out=out "$filter" table
result $? "a file is replaced"
same "by the answer" out "$rows"
holds "it is another one" "$(stat -c %i out)" != "$before"
holds "of the same mode" "$(stat -c %a out)" = 4640
holds "with the same attributes" "$(python3 -c "
import os
print(os.getxattr('out', 'user.note').decode())")" = kept

umask 027
run --out=new "$filter" table
holds "a new file has the mode of new files" "$(stat -c %a new)" = 640
umask 022

mkdir folder
echo old >folder/target
ln -s folder/target link
ln -s link links
run --out=links "$filter" table
result $? "links are followed"
same "to the file that they lead to" folder/target "$rows"
holds "and stay links" -L links -a -L link
ln -s folder/nothing dangling
run --out=dangling "$filter" table
same "a link to nothing makes what it leads to" folder/nothing "$rows"
ln -s circle circle
run --out=circle "$filter" table
holds "a circle of links is told" "$?$(grep -c 'Too many levels' said)" = 11

echo old >one
ln one two
run --out=one "$filter" table
result $? "a file of two names is written"
same "under both" two "$rows"
holds "and has them still" "$(stat -c %h one)" = 2

# Longer before than after, so that what is not cut off shows.
yes | head -c 100000 >longer
ln longer linked
run --out=longer "$filter" table
same "nothing is left of a longer one" linked "$rows"

exec 5>>appended
echo first >&5
run --out=/dev/fd/5 "$filter" table
result $? "a descriptor is written to"
exec 5>&-
same "where it stands" appended $'first\n'"$rows"
run --out=/dev/stdout "$filter" table >stdout
same "so is standard output by its name" stdout "$rows"

mkfifo fifo
timeout 20 cat fifo >got &
run --out=fifo "$filter" table
wait
same "a pipe with a name takes the answer" got "$rows"
holds "and stays one" -p fifo

# What goes wrong leaves what was there.
echo old >out
"$lambda" run --local --program=null --out=out "$ends" table 2>said
holds "a fault is told" $? -eq 4
same "and changes nothing" out $'old\n'
"$lambda" run --local --program=null --out=none "$ends" table 2>said
holds "nor does it make a file" ! -e none
"$lambda" run --local --out=out "$objects/tests/refused_call.bpf.o" table 2>said
holds "a refused object is told" $? -eq 3
same "and changes nothing, either" out $'old\n'
yes a,9 | head -c 100000 >large
(ulimit -f 8; trap '' XFSZ; run --out=out "$filter" large)
holds "a file that may not be that long is told" "$?$(grep -c 'too large' said)" = 11
same "and the old one is there" out $'old\n'
holds "nothing else is" "$(find . -maxdepth 1 -name 'out*' | wc -l)" -eq 1

# The input, by any name.
cp table in
ln in same
ln -s same soft
for name in in same soft ./in "$dir/in"; do
	run --out="$name" "$filter" in
	holds "the input is no output, as ${name##*/}" $? -eq 2
done
# shellcheck disable=SC2094 # that is the point
run "$filter" in >>in
holds "nor on standard output" $? -eq 2
printf '\014\000' >runs
"$lambda" run --local --write --in=runs "$objects/programs/bitmap.bpf.o" runs 2>said
holds "nor does --write take it" $? -eq 2
cmp -s table in && [ "$(stat -c %s runs)" -eq 2 ]
result $? "and it is as it was"

# Standard descriptors that are closed.
printf 'precious data\n' >file
"$lambda" run --local --write --offset=1K --verbose --in=runs \
	"$objects/programs/bitmap.bpf.o" file 2>&-
holds "no message goes to a file" "$(head -c 14 file)" = "precious data"
cp runs file
"$lambda" run --local --write "$objects/programs/bitmap.bpf.o" file <&- 2>said
holds "a closed input is an error" $? -eq 1
cmp -s runs file
result $? "and not the file itself"
run "$filter" table >&-
holds "a closed output is an error" $? -eq 1

# Writing in place.
"$lambda" run --local --write --in=/nonexistent "$objects/programs/bitmap.bpf.o" \
	made 2>said
holds "no file is made without an input" ! -e made
printf '\014' >odd
"$lambda" run --local --write --in=odd "$objects/programs/bitmap.bpf.o" made 2>said
holds "nor is one left that nothing was written to" ! -e made
yes | head -c 3000 >fill
head -c 2000 /dev/zero >limit
(ulimit -f 2; trap '' XFSZ
	"$lambda" run --local --write --offset=1000 --in=fill --each \
		"$objects/tests/copy.bpf.o" limit 2>said)
holds "a partial write is told" $? -eq 1
grep -q "limit: of bytes 1000 to 4000 of the output only 1048 could be written: File too large" said
result $? "with its range and its reason"

if [ "$(id -u)" -eq 0 ]; then
	chmod 755 .
	as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
	# The build folder may be nobody's business.
	cp "$lambda" command
	cp "$filter" filter
	cp "$objects/programs/bitmap.bpf.o" bitmap
	mkdir open closed
	chmod 777 open
	chmod 777 table
	echo old >closed/file
	chmod 666 closed/file
	$as_nobody ./command run --local --args=u32:1 --args=u32:5 \
		--args=i64:5 --out=closed/file filter table 2>said
	result $? "a file in a folder that may not be written is written"
	same "in place" closed/file "$rows"
	echo old >open/file
	chmod 666 open/file
	$as_nobody ./command run --local --args=u32:1 --args=u32:5 \
		--args=i64:5 --out=open/file filter table 2>said
	same "a file of another owner is written" open/file "$rows"
	holds "and stays his" "$(stat -c %U open/file)" = root
	chmod 644 open/file
	$as_nobody ./command run --local --args=u32:1 --args=u32:5 \
		--args=i64:5 --out=open/file filter table 2>said
	holds "a file that may not be written is told" \
		"$?$(grep -c 'Permission denied' said)" = 11
	: >open/writable
	chmod 222 open/writable
	$as_nobody ./command run --local --write --in=runs \
		bitmap open/writable 2>said
	result $? "a file that may only be written is written"
fi

echo "1..$count"
exit $failed
