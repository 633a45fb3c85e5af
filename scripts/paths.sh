# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Where things are; sourced by the other scripts, which run from the checkout.
# Answers --help for all of them, before anything is made or changed.
#
# LAMBDA_CACHE outlives the checkout: sources, compiler cache, logs.
# LAMBDA_BUILD holds the trees built from this checkout: `build` there, of the
# checkout that took it first, and a folder of its own for each other.

set -euo pipefail
export LC_ALL=C
trap 'echo "${0##*/}: line $LINENO failed" >&2' ERR

# die MESSAGE...: says what happened and ends with status 1
die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# wrong MESSAGE...: a call that is none, which ends with status 2
wrong() {
	echo "${0##*/}: $*; see scripts/${0##*/} --help" >&2
	exit 2
}

# usage: prints the comment block at the head of the running script
usage() {
	sed -n '3,/^$/s/^# \{0,1\}//p' "$0"
}

for word; do
	case $word in -h|--help) usage; exit ;; esac
done
# shellcheck source=scripts/options.sh
. "$(dirname "${BASH_SOURCE[0]}")/options.sh"

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ -n "${LAMBDA_CACHE:-${HOME:-}}" ] ||
	die "HOME is not set: set it, or LAMBDA_CACHE to a folder for what is kept"
export LAMBDA_CACHE=${LAMBDA_CACHE:-$HOME/.cache/lambda-io}

# own_build: a folder for what is built from this checkout. Two in one folder would
# build anew what the other has built. Working trees of a repository come and go, so
# none of them takes the folder without a name.
own_build() {
	local owner=$LAMBDA_CACHE/checkout has='' own
	own=$LAMBDA_CACHE/build-${top##*/}-$(cksum <<<"$top" | cut -d' ' -f1)
	[ ! -s "$owner" ] || has=$(cat "$owner")
	if [ "$has" != "$top" ] && [ ! -d "$own" ] && [ ! -f "$top/.git" ] &&
		[ ! -e "$has/scripts/paths.sh" ]; then
		mkdir -p "$LAMBDA_CACHE"
		echo "$top" >"$owner.$$" && mv "$owner.$$" "$owner"
		has=$top
	fi
	[ "$has" != "$top" ] || own=$LAMBDA_CACHE/build
	echo "$own"
}
for word in "$top" "$LAMBDA_CACHE" "${LAMBDA_BUILD:-}"; do
	[[ $word != *[[:space:]]* ]] ||
		die "'$word' has a blank in it, which make cannot do with: move the" \
			"checkout, or set LAMBDA_CACHE and LAMBDA_BUILD"
done
unset word
export LAMBDA_BUILD=${LAMBDA_BUILD:-$(own_build)}
export JOBS=${JOBS:-$(nproc)}
mkdir -p "$LAMBDA_CACHE" "$LAMBDA_BUILD"
LAMBDA_CACHE=$(realpath "$LAMBDA_CACHE")
LAMBDA_BUILD=$(realpath "$LAMBDA_BUILD")

# A second build folder logs to itself, so that two may be busy at once.
logs=$LAMBDA_CACHE/logs
[ "$LAMBDA_BUILD" = "$LAMBDA_CACHE/build" ] || logs=$LAMBDA_BUILD/logs
mkdir -p "$logs"

# Both compile at the same relative paths, so all trees share what is cached.
export CCACHE_DIR=$LAMBDA_CACHE/ccache
export CCACHE_NOHASHDIR=1
export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-6G}

# base_field NAME [FILE]: one field of linux/base or of another such file
base_field() {
	awk -v f="$1" '$1 == f { print $2 }' "$top/${2:-linux/base}"
}

# logged LOG COMMAND...: runs quietly; a failure shows the log's end and path
logged() {
	local log=$1 status=0
	shift
	if [ -n "${V:-}" ]; then
		"$@" 2>&1 | tee "$log" || status=$?
	else
		"$@" >"$log" 2>&1 || status=$?
	fi
	[ "$status" -eq 0 ] && return
	tail -n 25 "$log" >&2
	echo "${0##*/}: failed with status $status; the whole log: $log" >&2
	return "$status"
}

# minutes SECONDS: for people
minutes() {
	if [ "$1" -lt 60 ]; then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# plan N: how many steps follow; step WHAT COMMAND...: runs one, says what and
# how long. A step that fails has said why; what it finished is not done again.
# Functions run under step return on failure themselves: bash suspends set -e.
plan() {
	steps=$1 step=0
}

step() {
	local what=$1 begin=$SECONDS status=0
	shift
	step=$((step + 1))
	printf '[%d/%d] %s ...\n' "$step" "$steps" "$what"
	"$@" || status=$?
	if [ "$status" -eq 0 ]; then
		printf '[%d/%d] %s (%s)\n' "$step" "$steps" "$what" \
			"$(minutes $((SECONDS - begin)))"
	else
		printf '[%d/%d] %s FAILED (%s)\n' "$step" "$steps" "$what" \
			"$(minutes $((SECONDS - begin)))"
	fi
	return "$status"
}
