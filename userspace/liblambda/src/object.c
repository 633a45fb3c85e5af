// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Opens and closes objects, and finds the programs in them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static int read_object(struct lambda_object *obj, size_t size,
		       const struct lambda_log *log)
{
	int err = lambda_elf_read(obj, size, log);

	/* First what helps to say where something is wrong. */
	if (!err)
		err = lambda_btf_read(obj, log);
	if (!err)
		err = lambda_lines_read(obj, log);
	if (!err)
		err = lambda_options_read(obj, log);
	if (!err)
		err = lambda_data_layout(obj, log);
	return err;
}

/* Takes over @image, which came from malloc() and may be NULL. */
static int open_image(const char *name, void *image, size_t size,
		      const struct lambda_log *log, struct lambda_object **ret)
{
	struct lambda_object *obj = calloc(1, sizeof(*obj));
	int err = -ENOMEM;

	if (!obj) {
		free(image);
		return err;
	}
	obj->image = image;
	obj->name = strdup(name);
	obj->attr.prog_fd = -1;
	if (obj->image && obj->name)
		err = read_object(obj, size, log);
	if (err) {
		lambda_object__close(obj);
		return err;
	}
	*ret = obj;
	return 0;
}

LAMBDA_API int lambda_object__open_mem(const char *name, const void *image,
				       size_t size, char *log, size_t log_size,
				       struct lambda_object **ret)
{
	const struct lambda_log to = { log, log_size };
	void *copy;

	if (log_size)
		*log = '\0';
	if (size > LAMBDA_FILE_MAX)
		return -EFBIG;
	/* One byte more, because an empty image is an error to be told. */
	copy = malloc(size + 1);
	if (copy)
		memcpy(copy, image, size);
	return open_image(name, copy, size, &to, ret);
}

static int read_whole(int fd, __u8 *to, size_t size)
{
	while (size) {
		ssize_t got = read(fd, to, size);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			return -EIO;
		if (got > 0) {
			to += got;
			size -= got;
		}
	}
	return 0;
}

static int read_file(int fd, void **image, size_t *size)
{
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (st.st_size > LAMBDA_FILE_MAX)
		return -EFBIG;
	*size = st.st_size;
	*image = malloc(*size + 1);
	if (!*image)
		return -ENOMEM;
	err = read_whole(fd, *image, *size);
	if (err) {
		free(*image);
		*image = NULL;
	}
	return err;
}

LAMBDA_API int lambda_object__open(const char *path, char *log, size_t log_size,
				   struct lambda_object **ret)
{
	const struct lambda_log to = { log, log_size };
	void *image = NULL;
	size_t size = 0;
	int fd, err;

	if (log_size)
		*log = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err = -errno;
	else
		err = read_file(fd, &image, &size);
	if (fd >= 0)
		close(fd);
	if (err) {
		lambda_log_add(&to, "%s: cannot read it: %s", path,
			       strerror(-err));
		return err;
	}
	return open_image(path, image, size, &to, ret);
}

LAMBDA_API void lambda_object__close(struct lambda_object *obj)
{
	if (!obj)
		return;
	while (obj->programs) {
		struct lambda_program *prog = obj->programs;

		obj->programs = prog->next;
		lambda_program_free(prog);
	}
	free((void *)(uintptr_t)obj->attr.rodata);
	free((void *)(uintptr_t)obj->attr.data);
	lambda_btf_free(&obj->btf);
	free(obj->relocs);
	free(obj->funcs);
	free(obj->symbols);
	free(obj->sections);
	elf_end(obj->elf);
	free(obj->image);
	free(obj->name);
	free(obj);
}

static const struct lambda_symbol *entry_at(const struct lambda_object *obj,
					    unsigned int nth)
{
	size_t i;

	for (i = 0; i < obj->nr_symbols; i++)
		if (lambda_is_entry(obj, &obj->symbols[i]) && nth-- == 0)
			return &obj->symbols[i];
	return NULL;
}

LAMBDA_API const char *
lambda_object__program_name(const struct lambda_object *obj, unsigned int i)
{
	const struct lambda_symbol *entry = entry_at(obj, i);

	return entry ? entry->name : NULL;
}

/* Adds to a message which programs there are. */
static void list_programs(const struct lambda_object *obj,
			  const struct lambda_log *log)
{
	const char *name;
	unsigned int i;

	for (i = 0; (name = lambda_object__program_name(obj, i)); i++)
		lambda_log_add(log, "%s'%s'", i ? ", " : ": it has ", name);
}

static int find_entry(const struct lambda_object *obj, const char *name,
		      const struct lambda_log *log,
		      const struct lambda_symbol **ret)
{
	unsigned int i;
	int err;

	if (!entry_at(obj, 0))
		return lambda_refuse(log, -ENOENT, obj,
				     "has no λ program: no global function in a section lambda/NAME");
	if (!name && entry_at(obj, 1)) {
		err = lambda_refuse(log, -EINVAL, obj,
				    "has several programs, name one");
		list_programs(obj, log);
		return err;
	}
	for (i = 0; (*ret = entry_at(obj, i)); i++)
		if (!name || !strcmp(name, (*ret)->name))
			return 0;
	err = lambda_refuse(log, -ENOENT, obj, "has no program '%s'", name);
	list_programs(obj, log);
	return err;
}

static struct lambda_program *linked_before(const struct lambda_object *obj,
					    const struct lambda_symbol *entry)
{
	struct lambda_program *prog;

	for (prog = obj->programs; prog; prog = prog->next)
		if (prog->funcs->symbol == entry)
			break;
	return prog;
}

/* Links a program, unless it has been. */
static int link_once(struct lambda_object *obj,
		     const struct lambda_symbol *entry,
		     const struct lambda_log *log, struct lambda_program **ret)
{
	int err;

	*ret = linked_before(obj, entry);
	if (*ret)
		return 0;
	err = lambda_link(obj, entry, log, ret);
	if (err)
		return err;
	(*ret)->next = obj->programs;
	obj->programs = *ret;
	return 0;
}

static int link_merge(struct lambda_object *obj, struct lambda_program *prog,
		      const struct lambda_log *log)
{
	const char *name = prog->funcs->symbol->name;
	const struct lambda_symbol *entry = lambda_elf_merge(obj, name);

	if (!entry || prog->merge)
		return 0;
	if (!obj->attr.record_len)
		return lambda_refuse(log, -EOPNOTSUPP, obj,
				     "has a merge program for '%s', but no LAMBDA_RECORD()",
				     name);
	return link_once(obj, entry, log, &prog->merge);
}

LAMBDA_API int lambda_object__program(struct lambda_object *obj,
				      const char *name, char *log,
				      size_t log_size,
				      struct lambda_program **ret)
{
	const struct lambda_log to = { log, log_size };
	const struct lambda_symbol *entry;
	struct lambda_program *prog;
	int err;

	if (log_size)
		*log = '\0';
	err = find_entry(obj, name, &to, &entry);
	if (!err)
		err = link_once(obj, entry, &to, &prog);
	if (!err)
		err = link_merge(obj, prog, &to);
	if (err)
		return err;
	*ret = prog;
	return 0;
}
