// SPDX-License-Identifier: GPL-2.0-only
/* Tracepoints by way of an instance of tracefs, which is a buffer of its own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "terminal.h"
#include "tracefs.h"

/* A path below the instance; the longest has a name of the kernel's in it. */
struct path {
	char text[PATH_MAX + 300];
};

static struct path tracefs_below(const char *dir, const char *name)
{
	struct path path;

	snprintf(path.text, sizeof(path.text), "%s/%s", dir, name);
	return path;
}

static int tracefs_put(const char *dir, const char *name, const char *value)
{
	int fd = open(tracefs_below(dir, name).text, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int tracefs_switch_on(struct tracer *tracer, const char *system)
{
	char name[300];
	int err;

	snprintf(name, sizeof(name), "events/%s/enable", system);
	err = tracefs_put(tracer->dir, name, "1");
	if (err == -ENOENT)
		return -EOPNOTSUPP;
	/* Whether interrupts were off tells nothing about λs. */
	if (!err)
		err = tracefs_put(tracer->dir, "options/irq-info", "0");
	if (err)
		return err;
	tracer->pipe = open(tracefs_below(tracer->dir, "trace_pipe").text,
			    O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return tracer->pipe < 0 ? -errno : 0;
}

int tracefs_open(const char *tracefs, const char *system, struct tracer *tracer)
{
	int err;

	memset(tracer, 0, sizeof(*tracer));
	snprintf(tracer->dir, sizeof(tracer->dir), "%s/instances/lambda-%d",
		 tracefs, getpid());
	if (mkdir(tracer->dir, 0700))
		return -errno;
	err = tracefs_switch_on(tracer, system);
	if (err)
		rmdir(tracer->dir);
	return err;
}

/* Takes a line off what has been read; a full buffer is one, too. */
static int tracefs_take_line(struct tracer *tracer, char *line, size_t size)
{
	char *end = memchr(tracer->unread, '\n', tracer->len);
	size_t len = end ? (size_t)(end - tracer->unread) : tracer->len;

	if (!end && tracer->len < sizeof(tracer->unread))
		return -EAGAIN;
	snprintf(line, size, "%.*s", (int)len, tracer->unread);
	len += end ? 1 : 0;
	tracer->len -= len;
	memmove(tracer->unread, tracer->unread + len, tracer->len);
	return 0;
}

int tracefs_line(struct tracer *tracer, char *line, size_t size)
{
	while (tracefs_take_line(tracer, line, size)) {
		ssize_t got = terminal_wait(tracer->pipe, NULL);

		if (got < 0)
			return got;
		got = read(tracer->pipe, tracer->unread + tracer->len,
			   sizeof(tracer->unread) - tracer->len);
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (got > 0)
			tracer->len += got;
	}
	return 0;
}

void tracefs_close(struct tracer *tracer)
{
	close(tracer->pipe);
	rmdir(tracer->dir);
}
