# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# A fresh system of the distribution in a folder, to install packages into; after
# paths.sh, with `log` the file that takes what is said, and `root` the folder.
: "${log:?}" "${root:?}"
count=0 failed=0
# result STATUS NAME
result() {
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		tail -n 20 "$log" | sed 's/^/# /'
		failed=1
	fi
}

# make_fresh FILE PACKAGE,...: an archive of one, unless it is there
make_fresh() {
	[ ! -f "$1" ] || return 0
	logged "$log" mmdebstrap --format=tar --variant=minbase --include="$2" \
		bookworm "$1.new" || die "no fresh system could be made"
	mv "$1.new" "$1"
}

# unpack_fresh FILE: into the folder, which is made anew
unpack_fresh() {
	rm -rf "$root" && mkdir -p "$root" && tar -C "$root" -xf "$1"
	cp /etc/resolv.conf "$root/etc"
}

# inside COMMAND...: there, with what a command needs to be mounted
inside() {
	# shellcheck disable=SC2016 # for the shell in between
	unshare --mount --pid --fork bash -c 'mount -t proc proc "$0/proc" &&
		mount -t tmpfs tmp "$0/tmp" && mount --bind /dev "$0/dev" &&
		exec chroot "$0" "$@"' "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		DEBIAN_FRONTEND=noninteractive HOME=/root "$@"
}

# depends DEB...: what they take that none of them is, as apt-get satisfy is told
depends() {
	local deb
	for deb; do
		dpkg-deb -f "$deb" Depends | tr ',' '\n'
	done | sed 's/^ *//' | grep -vxF '' |
		grep -vE "^($(for deb; do dpkg-deb -f "$deb" Package; done | paste -sd'|'))( |\$)" |
		sort -u | paste -sd,
}

# satisfy DEB...: installs all that they take
satisfy() {
	inside apt-get update >>"$log" 2>&1 &&
		inside apt-get satisfy -y --no-install-recommends "$(depends "$@")" \
			>>"$log" 2>&1
}
