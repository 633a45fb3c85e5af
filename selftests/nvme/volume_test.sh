#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Logical volumes of LVM over the drive: λs over their files run in it where the
# volume is linear, keep their answers while it is extended and moved, and run on
# the host over everything else. What lambda info tells of each.

. "$(dirname "$0")/tap.sh"

drive=/dev/nvme0n1
objects=/usr/lib/lambda
dir=/tmp/volumes
export LVM_SYSTEM_DIR=$dir DM_DISABLE_UDEV=1
mkdir -p $dir/mnt /run/lock/lvm
trap 'umount $dir/mnt 2>/dev/null' EXIT

# Nothing of udev is here, and no daemon.
cat >$dir/lvm.conf <<'CONF'
devices {
	obtain_device_list_from_udev=0
	use_devicesfile=0
	allow_mixed_block_sizes=1
	filter=["a|^/dev/mapper/part|", "r|.*|"]
}
activation { udev_sync=0 udev_rules=0 monitoring=0 }
global { use_lvmpolld=0 event_activation=0 }
backup { backup=0 archive=0 }
CONF

# LVM's physical volumes: 192 MiB of the drive each.
make_group() {
	local i
	for i in 0 1 2; do
		dmsetup create "part$i" --table \
			"0 393216 linear $drive $((i * 393216))" || return
	done
	lvm vgcreate -q vg /dev/mapper/part{0,1,2}
}

# volume NAME OPTIONS [PART...]: on these, with text on it
volume() {
	local name=$1 options
	read -ra options <<<"$2"
	shift 2
	lvm lvcreate -q -y -Wn -Zn -n "$name" "${options[@]}" vg "$@"
	mkfs.ext4 -q -F "/dev/vg/$name"
	mount "/dev/vg/$name" $dir/mnt
	cp $dir/text $dir/mnt/text
	sync
}

drop() {
	umount $dir/mnt
	lvm lvremove -q -y "vg/$1"
}

# count OPTION...: of words, with what lambda run is told
count() {
	lambda run --json "$@" $objects/wordcount.bpf.o $dir/mnt/text
}

in_drive() {
	count --side=device --no-fallback >$dir/device
	count --side=host >$dir/host
	cmp $dir/device $dir/host
	cmp $dir/device $dir/expected
}

# on_host WHY: the drive does not run it, whoever wants that; the answer is right
on_host() {
	refused "the drive did not run it" count --side=device --no-fallback
	count --side=device >$dir/host
	cmp $dir/host $dir/expected
}

# tells TEXT...: lambda info of the file's disk
tells() {
	local said text
	said=$(lambda info --disk $dir/mnt/text)
	for text; do
		[[ $said == *"$text"* ]] || fail "'$said' does not say '$text'"
	done
}

test_a_linear_volume_runs_in_the_drive() {
	volume one -L96M /dev/mapper/part0
	in_drive
	tells "(vg-one): linear on dm-0; λs look through it" \
		"(part0): linear on nvme0n1; λs look through it" \
		"drive         runs λs" "kernel        policy auto"
	drop one
}

test_an_extended_volume_runs_in_the_drive() {
	volume one -L96M /dev/mapper/part0
	lvm lvextend -q -y -L+128M vg/one /dev/mapper/part1 /dev/mapper/part2
	in_drive
	tells "(vg-one): linear on nvme0n1" || tells "(vg-one): linear on dm-0, dm-1"
	drop one
}

# What λs answer while COMMAND... runs, until it ends; it says how often.
beside() {
	local background answers=0
	"$@" >$dir/background 2>&1 &
	background=$!
	while kill -0 $background 2>/dev/null; do
		count --side=auto --batch=256K >$dir/beside
		cmp $dir/beside $dir/expected
		answers=$((answers + 1))
	done
	wait $background || { cat $dir/background; return 1; }
	[ $answers -gt 0 ] || fail "nothing was asked meanwhile"
}

test_a_volume_is_moved_beside_lambdas() {
	volume one -L96M /dev/mapper/part0
	beside lvm pvmove -q -y -i 1 /dev/mapper/part0 /dev/mapper/part2
	in_drive
	beside lvm pvmove -q -y -i 1 /dev/mapper/part2 /dev/mapper/part1
	in_drive
	drop one
}

test_a_volume_of_two_disks_runs_where_its_bytes_lie() {
	dmsetup create part3 --table "0 393216 linear /dev/nvme0n2 0"
	lvm vgextend -q vg /dev/mapper/part3
	volume one -l100%PVS /dev/mapper/part0
	in_drive
	lvm lvextend -q -y -L+64M vg/one /dev/mapper/part3
	in_drive
	tells "λs run in those that have the bytes"
	drop one
	lvm vgreduce -q vg /dev/mapper/part3
	dmsetup remove part3
}

test_a_striped_volume_runs_in_the_drive() {
	volume one "-i2 -L96M"
	in_drive
	tells "(vg-one): striped on dm-0, dm-1; λs run in those that have the bytes"
	drop one
}

# LVM's own way to make mirrors: a target of its kind has an array of md inside.
test_a_raid_volume_runs_in_the_drive() {
	volume one "--type raid1 -m1 --nosync -L48M"
	in_drive
	tells "(vg-one): raid on "
	drop one
}

test_a_mirrored_volume_is_the_hosts() {
	volume one "--type mirror --mirrorlog core -m1 -L48M"
	on_host
	tells "(vg-one): mirror on " "λs do not look through it"
	drop one
}

test_a_volume_with_a_snapshot_is_the_hosts() {
	volume one -L64M /dev/mapper/part0
	lvm lvcreate -q -y -s -n snap -L32M vg/one
	on_host
	tells "(vg-one): snapshot-origin on "
	lvm lvremove -q -y vg/snap
	in_drive
	drop one
}

test_who_is_not_root_is_told_what_it_takes() {
	local said
	volume one -L96M /dev/mapper/part0
	said=$(setpriv --reuid=65534 --regid=65534 --clear-groups \
		lambda info --disk $dir/mnt/text 2>&1) || true
	[[ $said == *"only root may ask what it is made of"* ]] || fail "$said"
	drop one
}

seq 1 2000000 | head -c 12345678 >$dir/text
lambda run --local --json $objects/wordcount.bpf.o $dir/text >$dir/expected &&
	make_group || exit
run_all
