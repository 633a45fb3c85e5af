#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Usage: tree_test.sh, with LAMBDA the command and BPF_OBJECTS the folder of the
# objects. lambda run over folders: which files it goes over, what it says of the
# others, and what names go before results. TAP on standard output.

case ${1:-} in -h|--help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac

lambda=${LAMBDA:?}
words=${BPF_OBJECTS:?}/programs/wordcount.bpf.o
rows=$BPF_OBJECTS/programs/csvfilter.bpf.o
# shellcheck source=userspace/tests/result.sh
. "${0%/*}/result.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

mkdir -p tree/b tree/c
printf 'one two\n' >tree/b/x
printf 'a\nb\nc\n' >tree/a
: >tree/c/empty
mkfifo tree/pipe
ln -s b tree/folder
ln -s x tree/b/link
ln -s nothing tree/dangling

# gives STATUS ARGUMENT...: what is on standard input is what it puts out
gives() {
	local want status=$1
	shift
	want=$(cat)
	got=$(timeout 60 "$lambda" run --local "$@" 2>"$dir/said")
	got_status=$?
	[ "$got_status" -eq "$status" ] && [ "$got" = "$want" ]
	result $? "run $*"
}

# says TEXT: so it did
says() {
	grep -qF -e "$1" "$dir/said"
	result $? "says: $1"
}

gives 0 -r --csv "$words" tree <<'END'
file,lines,words,bytes,first,last
tree/a,3,3,6,1,0
tree/b/x,1,2,8,1,0
tree/c/empty,0,0,0,0,0
END
gives 0 -rh --csv "$words" tree <<'END'
lines,words,bytes,first,last
3,3,6,1,0
1,2,8,1,0
0,0,0,0,0
END
gives 0 -H --csv "$words" tree/a <<'END'
file,lines,words,bytes,first,last
tree/a,3,3,6,1,0
END
gives 0 -h --csv "$words" tree/a tree/b/x <<'END'
lines,words,bytes,first,last
3,3,6,1,0
1,2,8,1,0
END
gives 0 -r --csv "$words" tree/folder tree/b/link <<'END'
file,lines,words,bytes,first,last
tree/folder/x,1,2,8,1,0
tree/b/link,1,2,8,1,0
END
cd tree/b || exit 1
gives 0 --recursive --csv "$words" <<'END'
file,lines,words,bytes,first,last
./x,1,2,8,1,0
END
cd "$dir" || exit 1

# One that is missing, and one at which the program ends badly.
gives 1 -r --csv "$words" none tree/a tree/dangling <<'END'
file,lines,words,bytes,first,last
tree/a,3,3,6,1,0
END
says "none: No such file or directory"
says "tree/dangling: No such file or directory"
printf '12345678' >tree/number
gives 4 -r --csv "$BPF_OBJECTS/programs/stats64.bpf.o" tree/a tree/number <<'END'
file,min,max,sum,count
tree/number,4050765991979987505,4050765991979987505,4050765991979987505,1
END
says "tree/a: bytes 0 to 6: stats64: program error: the program returned -22"
rm tree/number
mkdir nothing
gives 0 -r --json "$words" nothing <<<'[]'

"$lambda" run --local -r --json "$BPF_OBJECTS/programs/stats64.bpf.o" tree 2>said |
	python3 -c 'import json, sys
for each in json.load(sys.stdin): print(each["file"], each["answer"])' >got
[ "$(head -n 1 got)" = "tree/a None" ] && [ "$(wc -l <got)" -eq 3 ]
result $? "JSON stays whole where a program ends badly"
# Bytes that are put out as they come, until a line that takes more than the budget.
mkdir bytes
yes a,1 | head -n 3000 >bytes/whole
{ cat bytes/whole; printf %0200000d, 1; } >bytes/long
: >bytes/none
"$lambda" run --local -r --json --batch=1000 --budget=20000 --jobs=1 "$rows" \
	column=1 op=EQ value=1 bytes 2>said |
	python3 -c 'import base64, json, sys
for each in json.load(sys.stdin):
    answer = each["answer"]
    print(each["file"], len(base64.b64decode(answer["base64"])), answer.get("incomplete"))' >got
cat >expected <<'END'
bytes/long 12000 True
bytes/none 0 None
bytes/whole 12000 None
END
cmp got expected
result $? "JSON of bytes tells where an error ended them"
rm -r bytes
"$lambda" run --local -h --json "$words" tree/a tree/b/x |
	python3 -c 'import json, sys
print([each["lines"] for each in json.load(sys.stdin)])' >got
[ "$(cat got)" = "[3, 1]" ]
result $? "JSON of several files without their names"

gives 1 "$words" tree </dev/null
says "tree: is a folder: --recursive runs over its files"
gives 2 -r --write "$words" tree </dev/null
says "--write goes to one file"

# The output is no input, neither as it was nor before it is whole.
printf 'n,9\n' >tree/out
gives 1 -rh --out=tree/out "$rows" column=1 op=GE value=5 tree </dev/null
says "tree/out: the output is the input"
[ ! -s tree/out ] && [ "$(find tree -newer said -type f | wc -l)" -le 1 ]
result $? "what is found is put out, and nothing stays beside it"
"$lambda" run --local -rh "$rows" column=1 op=GE value=5 tree >tree/out 2>said
[ $? -eq 1 ] && grep -qF "standard output: the output is the input" said
result $? "standard output is no input"

# As an ordinary user, a folder may be closed.
mkdir tree/closed
cp tree/a tree/closed/
chmod 0 tree/closed
chmod 755 "$dir"
if [ "$(id -u)" -eq 0 ]; then
	nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
else
	nobody=()
fi
cp "$lambda" "$words" "$dir"
"${nobody[@]}" "$dir/lambda" run --local -r --csv "$dir/wordcount.bpf.o" tree/closed \
	tree/b >got 2>said
[ $? -eq 1 ] && [ "$(tail -n 1 got)" = "tree/b/x,1,2,8,1,0" ]
result $? "a closed folder holds nothing up"
says "tree/closed: Permission denied"
chmod 755 tree/closed

echo "1..$count"
exit "$failed"
