// SPDX-License-Identifier: GPL-2.0-only
/* The standard descriptors, which a caller may have closed. */
#include <fcntl.h>
#include <unistd.h>

#include "cli.h"

/*
 * A descriptor by O_PATH takes the place of a closed one: reading and writing
 * it fail with EBADF, as they would have, and no file of the command's gets the
 * number, to be written over by a message or read as input.
 */
bool standard_hold_descriptors(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/", O_PATH) != fd)
			return false;
	return true;
}
