// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Reads object files, and what comes through a pipe, to the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* Room for a start; a file that says its size gets a byte more at once. */
#define ROOM_LEAST	(64u << 10)

static int file_refuse(const struct lambda_log *log, const char *path, int err,
		       const char *why)
{
	lambda_log_add(log, "%s: cannot read it: %s", path, why);
	return err;
}

static int file_too_large(const struct lambda_log *log, const char *path)
{
	return file_refuse(log, path, -EFBIG,
			   "larger than the 64 MiB that an object may have");
}

/* Whether the file can hold an object, and how many bytes it says to have. */
static int file_look_at(int fd, const char *path, size_t *size,
			const struct lambda_log *log)
{
	struct stat st;

	if (fstat(fd, &st))
		return file_refuse(log, path, -errno, strerror(errno));
	*size = 0;
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		if (st.st_size > LAMBDA_FILE_MAX)
			return file_too_large(log, path);
		*size = st.st_size;
		return 0;
	case S_IFIFO:
		/* It was opened without waiting for somebody to write. */
		if (fcntl(fd, F_SETFL, 0))
			return file_refuse(log, path, -errno, strerror(errno));
		return 0;
	case S_IFDIR:
		return file_refuse(log, path, -EISDIR, strerror(EISDIR));
	default:
		return file_refuse(log, path, -ENOEXEC,
				   "a device is no object file");
	}
}

/* Twice the room, up to one byte more than a file may have. */
static bool file_grow(struct lambda_image *image, size_t *room)
{
	size_t more = *room * 2;
	void *bigger;

	if (more > LAMBDA_FILE_MAX + 1)
		more = LAMBDA_FILE_MAX + 1;
	bigger = realloc(image->bytes, more);
	if (!bigger)
		return false;
	image->bytes = bigger;
	*room = more;
	return true;
}

static int file_read_to_end(int fd, const char *path,
			    struct lambda_image *image, size_t size,
			    const struct lambda_log *log)
{
	size_t room = size ? size + 1 : ROOM_LEAST;

	image->bytes = malloc(room);
	if (!image->bytes)
		return -ENOMEM;
	while (image->size <= LAMBDA_FILE_MAX) {
		ssize_t got = read(fd, image->bytes + image->size,
				   room - image->size);

		if (got < 0 && errno != EINTR)
			return file_refuse(log, path, -errno, strerror(errno));
		if (got == 0)
			return 0;
		if (got > 0)
			image->size += got;
		if (image->size == room && room <= LAMBDA_FILE_MAX &&
		    !file_grow(image, &room))
			return -ENOMEM;
	}
	return file_too_large(log, path);
}

int lambda_file_read(const char *path, struct lambda_image *image,
		     const struct lambda_log *log)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t size = 0;
	int err;

	if (fd < 0)
		return file_refuse(log, path, -errno, strerror(errno));
	err = file_look_at(fd, path, &size, log);
	if (!err)
		err = file_read_to_end(fd, path, image, size, log);
	close(fd);
	return err;
}
