// SPDX-License-Identifier: GPL-2.0-only
/* write(2) until all is written. */
#include <errno.h>
#include <unistd.h>

#include "cli.h"

int write_whole(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len) {
		ssize_t put = write(fd, p, len);

		if (put < 0 && errno != EINTR)
			return -errno;
		if (put > 0) {
			p += put;
			len -= put;
		}
	}
	return 0;
}
