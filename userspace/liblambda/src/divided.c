// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What lambda_lines.h leaves in an output. */
#include <string.h>

#include "internal.h"

/* As there. */
struct lines {
	__u64 result;
	__u64 middle_at;
	__u64 middle;
	__u64 head;
	__u64 tail;
	__u32 newline;
	__u32 merged;
};

bool lambda_divided_read(const void *out, size_t len,
			 struct lambda_divided *ret)
{
	struct lines lines;

	if (len < sizeof(lines))
		return false;
	memcpy(&lines, out, sizeof(lines));
	ret->result = (const __u8 *)out + sizeof(lines);
	ret->len = lines.result;
	ret->merged = lines.merged;
	return lines.result <= len - sizeof(lines);
}
