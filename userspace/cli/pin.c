// SPDX-License-Identifier: GPL-2.0-only
/* Programs that stay loaded. The map has a program's name, a NUL, its object. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel.h"
#include "pin.h"

#define IMAGE_MAX	(64u << 20)

static const char *const parts[] = { "program", "merge", "whole", "object" };
enum { PROGRAM, MERGE, WHOLE, OBJECT, PARTS };

int cli_pin_read_image(const char *path, struct image *image)
{
	FILE *file = fopen(path, "re");
	size_t room = 0, got = 1;

	memset(image, 0, sizeof(*image));
	while (file && got && image->size < IMAGE_MAX) {
		void *more = realloc(image->bytes, room = room * 2 + 65536);

		if (!more)
			break;
		image->bytes = more;
		got = fread(image->bytes + image->size, 1, room - image->size,
			    file);
		image->size += got;
	}
	if (file && !ferror(file) && !got) {
		fclose(file);
		return 0;
	}
	complain(0, "%s: cannot read it: %s", path,
		 image->size >= IMAGE_MAX ? "larger than 64 MiB" :
					    strerror(errno));
	if (file)
		fclose(file);
	free(image->bytes);
	return EXIT_SYSTEM;
}

bool cli_pin_is_one(const char *path)
{
	struct statfs fs;
	struct stat st;

	return !statfs(path, &fs) && fs.f_type == BPF_FS_MAGIC &&
	       !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* A map of one element with all that, which stays as it is. */
static int cli_pin_make_map(const char *name, const struct image *image)
{
	size_t len = strlen(name) + 1;
	char *value = malloc(len + image->size);
	int fd = -ENOMEM, err = 0;

	if (value) {
		memcpy(value, name, len);
		memcpy(value + len, image->bytes, image->size);
		fd = kernel_map_create(len + image->size);
	}
	if (fd >= 0)
		err = kernel_map_set(fd, value);
	free(value);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int cli_pin_part(const char *path, int part, int fd)
{
	char name[PATH_MAX];
	int err;

	if (fd < 0)
		return fd;
	snprintf(name, sizeof(name), "%s/%s", path, parts[part]);
	err = kernel_map_pin(fd, name);
	close(fd);
	return err;
}

/* A program by lambda_lines.h is another one where what is written is its output. */
static int cli_pin_whole(const char *path, const struct loaded *loaded)
{
	struct loaded whole = *loaded;
	struct lambda_load_attr attr;
	struct handle handle;
	int err = -EIO;

	whole.prog = lambda_program__whole(loaded->prog);
	if (whole.prog == loaded->prog)
		return 0;
	loaded_options_attr(&whole, &attr);
	whole.fd = lambda_program__load(whole.prog, &attr, NULL, 0);
	if (whole.fd < 0)
		return whole.fd;
	if (kernel_handle(whole.fd, &handle))
		err = cli_pin_part(path, WHOLE,
				   kernel_program_fd(handle.program));
	close(whole.fd);
	return err;
}

/* The programs of a handle, by the numbers that /proc tells. */
static int cli_pin_parts(const char *path, const struct loaded *loaded,
			 const struct image *image)
{
	struct handle handle;
	int err;

	if (!kernel_handle(loaded->fd, &handle))
		return -EIO;
	err = cli_pin_part(path, PROGRAM, kernel_program_fd(handle.program));
	if (!err && handle.merge)
		err = cli_pin_part(path, MERGE,
				   kernel_program_fd(handle.merge));
	if (!err)
		err = cli_pin_whole(path, loaded);
	if (!err) {
		const char *name = lambda_program__name(loaded->prog);

		err = cli_pin_part(path, OBJECT, cli_pin_make_map(name, image));
	}
	return err;
}

static void cli_pin_remove_parts(const char *path)
{
	char name[PATH_MAX];
	int i;

	for (i = 0; i < PARTS; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, parts[i]);
		unlink(name);
	}
	rmdir(path);
}

static int cli_pin_not_in_bpffs(const char *path)
{
	char copy[PATH_MAX];
	struct statfs fs;

	snprintf(copy, sizeof(copy), "%s", path);
	if (statfs(dirname(copy), &fs))
		return complain(EXIT_SYSTEM, "%s: %s", path, strerror(errno));
	if (fs.f_type == BPF_FS_MAGIC)
		return 0;
	return complain(EXIT_SYSTEM,
			"%s: not in a BPF filesystem, as one is mounted on /sys/fs/bpf",
			path);
}

int cli_pin_make(const char *path, const struct loaded *loaded,
		 const struct image *image)
{
	char why[512];
	int err = cli_pin_not_in_bpffs(path);

	if (err)
		return err;
	if (mkdir(path, 0777))
		return complain(EXIT_SYSTEM, "%s: %s", path, strerror(errno));
	err = cli_pin_parts(path, loaded, image);
	if (!err)
		return 0;
	cli_pin_remove_parts(path);
	lambda_why_not(err, why, sizeof(why));
	return complain(complain_exit_code_of_run(err),
			"%s: cannot be pinned: %s%s", path, why,
			err == -EPERM ? "; pinning takes CAP_SYS_ADMIN" : "");
}

static int cli_pin_open_part(const char *path, int part)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s/%s", path, parts[part]);
	return kernel_map_open(name);
}

/* The object of a map, and the name of the program. */
static int cli_pin_open_image(const char *path, const char *value, size_t size,
			      struct loaded *loaded)
{
	size_t len = strnlen(value, size) + 1;
	struct lambda_program *prog;
	char why[4096] = "";
	int err;

	/* Another program of the object is not what is loaded. */
	if (len <= size && loaded->name && strcmp(loaded->name, value))
		return complain(EXIT_USAGE, "%s: is the program '%s', not '%s'",
				path, value, loaded->name);
	if (len > size)
		return complain(EXIT_REFUSED, "%s: nothing that lambda load has pinned",
				path);
	err = lambda_object__open_mem(path, value + len, size - len, why,
				      sizeof(why), &loaded->obj);
	if (!err)
		err = lambda_object__program(loaded->obj, value, why,
					     sizeof(why), &prog);
	if (err)
		return complain_lines(complain_exit_code(err), why);
	loaded->prog = prog;
	return 0;
}

static int cli_pin_cannot_open(const char *path, int part, int err)
{
	return complain(EXIT_SYSTEM, "%s/%s: %s", path, parts[part],
			strerror(-err));
}

static int cli_pin_open_programs(const char *path, struct loaded *loaded)
{
	const struct lambda_program *prog = loaded->prog;
	struct lambda_load_attr attr;

	loaded->pinned = cli_pin_open_part(path, PROGRAM);
	if (loaded->pinned < 0)
		return cli_pin_cannot_open(path, PROGRAM, loaded->pinned);
	lambda_program__attr(prog, &attr);
	if (attr.flags & LAMBDA_ATTR_MERGE) {
		loaded->pinned_merge = cli_pin_open_part(path, MERGE);
		if (loaded->pinned_merge < 0)
			return cli_pin_cannot_open(path, MERGE,
						   loaded->pinned_merge);
	}
	if (lambda_program__whole(prog) != prog) {
		loaded->pinned_whole = cli_pin_open_part(path, WHOLE);
		if (loaded->pinned_whole < 0)
			return cli_pin_cannot_open(path, WHOLE,
						   loaded->pinned_whole);
	}
	return 0;
}

int cli_pin_open(const char *path, struct loaded *loaded)
{
	int map = cli_pin_open_part(path, OBJECT), code;
	size_t size;
	char *value;

	if (map < 0)
		return cli_pin_cannot_open(path, OBJECT, map);
	value = kernel_map_get(map, &size);
	close(map);
	if (!value)
		return cli_pin_cannot_open(path, OBJECT, -errno);
	code = cli_pin_open_image(path, value, size, loaded);
	free(value);
	return code ?: cli_pin_open_programs(path, loaded);
}

int cli_pin_load(struct loaded *loaded)
{
	/* What is wanted of the two may have changed since. */
	bool whole = loaded->pinned_whole >= 0 &&
		     lambda_program__whole(loaded->prog) == loaded->prog;
	struct lambda_load_attr attr;
	char why[512];

	loaded_options_attr(loaded, &attr);
	attr.prog_fd = whole ? loaded->pinned_whole : loaded->pinned;
	/* Writes are not divided, and nothing of them is merged. */
	if (whole)
		attr.flags &= ~LAMBDA_ATTR_MERGE;
	if (whole)
		attr.record_len = 0;
	if (attr.flags & LAMBDA_ATTR_MERGE)
		attr.merge_fd = loaded->pinned_merge;
	loaded->fd = lambda_load(&attr, sizeof(attr), 0);
	if (loaded->fd >= 0)
		return 0;
	lambda_why_not(loaded->fd, why, sizeof(why));
	complain(0, "%s: the kernel made no handle: %s", loaded->path, why);
	return complain_exit_code(loaded->fd);
}
