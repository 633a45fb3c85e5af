// SPDX-License-Identifier: GPL-2.0-only
/*
 * A temporary file beside the target takes what is written. It has no name
 * until the end where the filesystem offers that, so that nothing is left of a
 * command that is killed; elsewhere signals that end the command remove it.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli.h"
#include "output.h"

/* Links that are followed before it is said to be a circle, as in the kernel. */
#define LINKS_MAX	40
/* Names that are tried for a temporary file. */
#define NAMES_MAX	100

static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM,
			      SIGXCPU, SIGXFSZ };

/* What a signal removes; a string that changes only while they are blocked. */
static char to_remove[PATH_MAX];

static void output_remove_and_end(int sig)
{
	if (*to_remove)
		unlink(to_remove);
	/* SA_RESETHAND: this time it ends the command. */
	raise(sig);
}

static void output_block_ending(sigset_t *old)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(ending) / sizeof(*ending); i++)
		sigaddset(&set, ending[i]);
	sigprocmask(SIG_BLOCK, &set, old);
}

/* From now on a signal that would end the command removes @name first. */
static void output_remove_on_signal(const char *name)
{
	struct sigaction act = { .sa_handler = output_remove_and_end }, was;
	size_t i;

	act.sa_flags = SA_RESETHAND;
	snprintf(to_remove, sizeof(to_remove), "%s", name);
	for (i = 0; *name && i < sizeof(ending) / sizeof(*ending); i++)
		if (!sigaction(ending[i], NULL, &was) &&
		    was.sa_handler == SIG_DFL)
			sigaction(ending[i], &act, NULL);
}

static int output_failed(const struct output *out, int err)
{
	return complain(EXIT_SYSTEM, "%s: %s", out->path, strerror(err));
}

/* Names */

/* The descriptor that a name stands for, or -1. */
static int output_named_descriptor(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
	size_t i, len;
	char *end;
	long fd;

	if (!path || !strcmp(path, "-") || !strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (i = 0; i < 2; i++) {
		len = strlen(folders[i]);
		if (strncmp(path, folders[i], len) || path[len] < '0' ||
		    path[len] > '9')
			continue;
		fd = strtol(path + len, &end, 10);
		if (!*end && fd <= INT_MAX)
			return fd;
	}
	return -1;
}

bool output_stat(const char *path, struct stat *st)
{
	int fd = output_named_descriptor(path);

	return !(fd >= 0 ? fstat(fd, st) : stat(path, st));
}

/* Replaces the last part of @path by what the link there says. */
static bool output_follow(char path[PATH_MAX], const char *link)
{
	char *slash = strrchr(path, '/');
	size_t dir = *link == '/' || !slash ? 0 : slash + 1 - path;

	return snprintf(path + dir, PATH_MAX - dir, "%s", link) <
	       (int)(PATH_MAX - dir);
}

/* Follows the links that the last part of the path is. Returns 0 or -errno. */
static int output_resolve(char path[PATH_MAX], const char *name)
{
	char link[PATH_MAX];
	ssize_t len;
	int i;

	if (snprintf(path, PATH_MAX, "%s", name) >= PATH_MAX)
		return -ENAMETOOLONG;
	for (i = 0; i < LINKS_MAX; i++) {
		len = readlink(path, link, sizeof(link) - 1);
		if (len < 0)
			return errno == EINVAL || errno == ENOENT ? 0 : -errno;
		link[len] = '\0';
		if (!output_follow(path, link))
			return -ENAMETOOLONG;
	}
	return -ELOOP;
}

/* A name beside @target that nothing is likely to have. Returns 0 or -errno. */
static int output_make_name(const char *target, char name[PATH_MAX],
			    unsigned int i)
{
	const char *slash = strrchr(target, '/');
	int dir = slash ? slash + 1 - target : 0;

	/* The name is cut, or it could be longer than names may be. */
	if (snprintf(name, PATH_MAX, "%.*s.%.200s.%d-%u", dir, target,
		     target + dir, getpid(), i) >= PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

/* Opening */

static int output_open_nameless(const struct output *out, mode_t mode)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", out->target);
	return open(dirname(dir), O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
}

static int output_open_named(struct output *out, mode_t mode)
{
	sigset_t old;
	unsigned int i;
	int fd = -1;

	output_block_ending(&old);
	for (i = 0; fd < 0 && i < NAMES_MAX; i++) {
		if (output_make_name(out->target, out->temp, i))
			break;
		fd = open(out->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			  mode);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0)
		*out->temp = '\0';
	else
		output_remove_on_signal(out->temp);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return fd;
}

static int output_open_spool(struct output *out)
{
	const char *dir = getenv("TMPDIR");

	out->spooled = true;
	return open(dir && *dir ? dir : "/tmp",
		    O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* All that is kept of the old file is copied, or it cannot be replaced. */
static bool output_copy_attribute(int from, int to, const char *name)
{
	char value[XATTR_SIZE_MAX];
	ssize_t len = fgetxattr(from, name, value, sizeof(value));

	return len >= 0 && !fsetxattr(to, name, value, len, 0);
}

static bool output_copy_attributes(int from, int to)
{
	char names[XATTR_LIST_MAX], *name;
	ssize_t len = flistxattr(from, names, sizeof(names));

	if (len < 0)
		return errno == EOPNOTSUPP;
	for (name = names; name < names + len; name += strlen(name) + 1)
		if (!output_copy_attribute(from, to, name))
			return false;
	return true;
}

static bool output_takes_after(const struct output *out, int fd)
{
	struct stat st;

	if (out->st.st_nlink != 1 || fstat(fd, &st))
		return false;
	if ((st.st_uid != out->st.st_uid || st.st_gid != out->st.st_gid) &&
	    fchown(fd, out->st.st_uid, out->st.st_gid))
		return false;
	return !fchmod(fd, out->st.st_mode & 07777) &&
	       output_copy_attributes(out->old, fd);
}

/* A file in place of one that is there: a new one, or what is copied to it. */
static int output_open_replacement(struct output *out)
{
	out->fd = output_open_nameless(out, 0600);
	if (out->fd < 0)
		out->fd = output_open_named(out, 0600);
	if (out->fd >= 0 && output_takes_after(out, out->fd))
		return 0;
	if (out->fd >= 0)
		close(out->fd);
	if (*out->temp)
		unlink(out->temp);
	*out->temp = '\0';
	output_remove_on_signal("");
	out->fd = output_open_spool(out);
	return out->fd < 0 ? complain(EXIT_SYSTEM,
				      "%s: cannot be replaced at once, and there is no temporary file for what is to be copied into it: %s",
				      out->path, strerror(errno)) : 0;
}

static int output_open_new(struct output *out)
{
	out->fd = output_open_nameless(out, 0666);
	if (out->fd < 0)
		out->fd = output_open_named(out, 0666);
	return out->fd < 0 ? output_failed(out, errno) : 0;
}

static int output_open_descriptor(struct output *out, int fd)
{
	out->direct = true;
	/* Whatever is closed in the end is not the standard output itself. */
	out->fd = fd == STDOUT_FILENO ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return out->fd < 0 ? output_failed(out, errno) : 0;
}

static int output_open_old(struct output *out)
{
	out->old = open(out->target, O_WRONLY | O_CLOEXEC);
	if (out->old < 0 || fstat(out->old, &out->st))
		return output_failed(out, errno);
	if (S_ISREG(out->st.st_mode))
		return output_open_replacement(out);
	out->direct = true;
	out->fd = out->old;
	out->old = -1;
	return 0;
}

int output_open(struct output *out, const char *path)
{
	int fd = output_named_descriptor(path), err;

	memset(out, 0, sizeof(*out));
	out->path = path ? path : "standard output";
	out->old = -1;
	if (fd >= 0)
		return output_open_descriptor(out, fd);
	err = output_resolve(out->target, path);
	if (err)
		return output_failed(out, -err);
	if (access(out->target, F_OK))
		return errno == ENOENT ? output_open_new(out) :
					 output_failed(out, errno);
	return output_open_old(out);
}

/* Ending */

static int output_sync_file(int fd)
{
	/* Pipes and some devices cannot be synchronised. */
	return fsync(fd) && errno != EINVAL && errno != EROFS ? -errno : 0;
}

/* Gives a file without a name one beside the target. */
static int output_name_it(struct output *out)
{
	char self[32];
	unsigned int i;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", out->fd);
	for (i = 0; i < NAMES_MAX; i++) {
		int err = output_make_name(out->target, out->temp, i);

		if (err)
			return err;
		/* The first way takes no /proc, but a right on old kernels. */
		if (!linkat(out->fd, "", AT_FDCWD, out->temp, AT_EMPTY_PATH) ||
		    !linkat(AT_FDCWD, self, AT_FDCWD, out->temp,
			    AT_SYMLINK_FOLLOW))
			return 0;
		if (errno != EEXIST)
			break;
	}
	*out->temp = '\0';
	return -errno;
}

static int output_copy_bytes(int from, int to, off_t len)
{
	char buf[65536];
	off_t at = 0;

	while (at < len) {
		ssize_t got = pread(from, buf, sizeof(buf), at), put;

		if (got <= 0)
			return got ? -errno : -EIO;
		for (put = 0; put < got;) {
			ssize_t n = pwrite(to, buf + put, got - put, at + put);

			if (n < 0)
				return -errno;
			put += n;
		}
		at += got;
	}
	return ftruncate(to, len) ? -errno : 0;
}

/* Room is made first, so that a full disk leaves the file as it was. */
static int output_copy_into_old(struct output *out)
{
	struct stat st;

	if (fstat(out->fd, &st))
		return -errno;
	if (st.st_size > 0 &&
	    fallocate(out->old, FALLOC_FL_KEEP_SIZE, 0, st.st_size) &&
	    errno != EOPNOTSUPP && errno != ENOSYS)
		return -errno;
	return output_copy_bytes(out->fd, out->old, st.st_size) ?:
		       output_sync_file(out->old);
}

static int output_replace(struct output *out)
{
	int err = output_sync_file(out->fd);

	if (!err && !*out->temp)
		err = output_name_it(out);
	if (!err && rename(out->temp, out->target))
		err = -errno;
	/* A mount point, or a folder whose files only their owner removes. */
	if (err && out->old >= 0 &&
	    (err == -EBUSY || err == -EPERM || err == -EACCES))
		err = output_copy_into_old(out);
	else if (!err)
		*out->temp = '\0';
	if (*out->temp)
		unlink(out->temp);
	return err;
}

static int output_close_all(struct output *out, int err)
{
	if (out->fd != STDOUT_FILENO && close(out->fd) && !err)
		err = -errno;
	if (out->old >= 0 && close(out->old) && !err)
		err = -errno;
	out->fd = -1;
	out->old = -1;
	return err;
}

int output_commit(struct output *out)
{
	sigset_t old;
	int err;

	output_block_ending(&old);
	if (out->direct)
		err = output_sync_file(out->fd);
	else
		err = out->spooled ? output_copy_into_old(out) :
				     output_replace(out);
	err = output_close_all(out, err);
	output_remove_on_signal("");
	sigprocmask(SIG_SETMASK, &old, NULL);
	return err ? output_failed(out, -err) : 0;
}

void output_abort(struct output *out)
{
	if (*out->temp)
		unlink(out->temp);
	output_remove_on_signal("");
	output_close_all(out, 0);
}
