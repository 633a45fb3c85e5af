# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The one parser of what scripts are called with; part of paths.sh. What options a
# script has is what its usage says: those of its Usage lines, and of lines of their
# own below, two blanks from the margin. One takes a value if the usage has a word in
# capitals, or a choice of words, behind it.
#
# It leaves the values in option[NAME], `yes` where there are none; of those that may
# be repeated all, with their names before them, in option_pairs; and the other words
# as the script's own $1, $2 and so on.

# shellcheck disable=SC2034 # scripts read them
declare -A option=()
option_pairs=() option_words=()

# what_usage_has: each option on a line, with the word for its value behind it
what_usage_has() {
	usage | sed -n -E -e '/^Usage: /p' -e '/^ +scripts\//p' -e '/^  --/p' |
		grep -oE -e '--[a-z][a-z-]*( [A-Z][^] ]*| [a-z]+(\|[a-z]+)+)?' || true
}

# takes_words: whether the usage has words that are no options
takes_words() {
	local left
	left=$(usage | sed -n -E -e '/^Usage: /p' -e '/^ +scripts\//p' |
		sed -E -e 's/^(Usage:)? *scripts\/[^ ]*//' -e 's/\[OPTION\.\.\.\]//' \
			-e 's/--[a-z][a-z-]*( [A-Z][^] ]*| [a-z]+(\|[a-z]+)+)?//g')
	[[ $left == *[A-Za-z]* ]]
}

# read_option KNOWN WORD...: one option; sets how many words it took
read_option() {
	local known=$1 name=${2%%=*} value=yes
	taken=1
	grep -qE -e "^$name( |\$)" <<<"$known" || wrong "unknown option $2"
	if grep -q -e "^$name " <<<"$known"; then
		if [[ $2 == *=* ]]; then
			value=${2#*=}
		else
			value=${3-} taken=2
		fi
		case $value in ''|--*) wrong "$name needs a value" ;; esac
	elif [[ $2 == *=* ]]; then
		wrong "$name takes no value, and was given '${2#*=}'"
	fi
	option[${name#--}]=$value
	option_pairs+=("$name" "$value")
}

# read_options WORD...: all that the script was called with
read_options() {
	local known taken
	known=$(what_usage_has)
	while [ $# -gt 0 ]; do
		taken=1
		case $1 in
		--) shift; option_words+=("$@"); break ;;
		--[a-z]*) read_option "$known" "$@" ;;
		-*) wrong "unknown option $1" ;;
		*) option_words+=("$1") ;;
		esac
		shift "$taken"
	done
	[ ${#option_words[@]} -eq 0 ] || takes_words ||
		wrong "'${option_words[0]}' is nothing that it takes"
}

if [ $# -gt 0 ]; then
	read_options "$@"
	set -- "${option_words[@]}"
fi
