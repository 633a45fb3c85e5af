// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Which side ran a request, and why it was that one, in words. */
#include "internal.h"

static const char *const sides[] = {
	[LAMBDA_SIDE_NONE] = "none",
	[LAMBDA_SIDE_HOST] = "host",
	[LAMBDA_SIDE_DEVICE] = "device",
	[LAMBDA_SIDE_BOTH] = "both",
};

static const char *const reasons[] = {
	[LAMBDA_REASON_NONE] = "no decision was made",
	[LAMBDA_REASON_FORCED] = "the caller asked for it",
	[LAMBDA_REASON_NO_DISK] =
		"the file is not on a disk that runs λ programs",
	[LAMBDA_REASON_MODEL] = "it was expected to end there first",
	[LAMBDA_REASON_PROFILE] = "to measure that side",
	[LAMBDA_REASON_POLICY] = "the disk's policy leaves no other choice",
	[LAMBDA_REASON_DIVIDED] =
		"it had been divided, and the parts did not make one result",

	[LAMBDA_REASON_INLINE] = "the file's data lies in its inode",
	[LAMBDA_REASON_UNWRITTEN] =
		"a part to be overwritten is a hole or was never written",
	[LAMBDA_REASON_ENCRYPTED] = "the file is encrypted",
	[LAMBDA_REASON_VERITY] = "the file is under fs-verity",
	[LAMBDA_REASON_COMPRESSED] = "the file is compressed",
	[LAMBDA_REASON_SHARED] = "the file may share blocks with other files",
	[LAMBDA_REASON_JOURNALLED] =
		"the file's data goes through the journal",
	[LAMBDA_REASON_OTHER_DISK] =
		"a part of the file lies on another device",
	[LAMBDA_REASON_DAX] = "the file lies in memory, not on a disk",
	[LAMBDA_REASON_SWAPFILE] = "the file is swapped to",
	[LAMBDA_REASON_EOF] =
		"the write begins at or beyond the end of the file",
	[LAMBDA_REASON_APPEND] = "the write appends to the file",
	[LAMBDA_REASON_BUSY_PAGES] =
		"the file's pages could not be written back or dropped",
	[LAMBDA_REASON_EXTENTS] = "it has more extents than the drive takes",
	[LAMBDA_REASON_STALE] =
		"the file's blocks may count as written before its data is in them",

	[LAMBDA_REASON_TOO_LARGE] = "the request is over a limit of the drive",
	[LAMBDA_REASON_REFUSED] = "the drive refused the program",
	[LAMBDA_REASON_MEMORY] =
		"the request needs more memory than the drive has",
	[LAMBDA_REASON_INSNS] =
		"it took more instructions than the drive allows",
	[LAMBDA_REASON_TIME] = "it took longer than its deadline",
	[LAMBDA_REASON_NO_ROOM] =
		"its output is longer than what may be overwritten",
	[LAMBDA_REASON_BUSY] =
		"the drive had no place for the request or its program",
	[LAMBDA_REASON_ERROR] = "the drive reported an error",
	[LAMBDA_REASON_ABORTED] = "the drive did not answer in time",
	[LAMBDA_REASON_GONE] = "the drive was reset or removed",
	[LAMBDA_REASON_CONTRACT] =
		"the drive does not keep the contract that the program needs",
	[LAMBDA_REASON_CGROUP] =
		"the drive's I/O is under a controller that it cannot obey",
};

/* The enumerations have gaps, and newer kernels may know more. */
static const char *reason_text_of(const char *const *texts, size_t count,
				  unsigned int value)
{
	return value < count ? texts[value] : NULL;
}

LAMBDA_API const char *lambda_side_name(unsigned int side)
{
	return reason_text_of(sides, sizeof(sides) / sizeof(*sides), side);
}

LAMBDA_API const char *lambda_reason_text(unsigned int reason)
{
	return reason_text_of(reasons, sizeof(reasons) / sizeof(*reasons),
			      reason);
}
