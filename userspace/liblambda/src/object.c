// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Opens and closes objects, and finds the programs in them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int object_read(struct lambda_object *obj, const struct lambda_log *log)
{
	int err = lambda_elf_read(obj, log);

	if (!err)
		err = lambda_symbols_read(obj, log);
	if (!err)
		err = lambda_relocs_read(obj, log);
	/* First what helps to say where something is wrong. */
	if (!err)
		err = lambda_btf_read(obj, log);
	if (!err)
		err = lambda_lines_read(obj, log);
	if (!err)
		err = lambda_options_read(obj, log);
	if (!err)
		err = lambda_layouts_read(obj, log);
	if (!err)
		err = lambda_data_layout(obj, log);
	return err;
}

/* Takes over @image, which may have no bytes. */
static int object_open_image(const char *name, const struct lambda_image *image,
			     const struct lambda_log *log,
			     struct lambda_object **ret)
{
	struct lambda_object *obj = calloc(1, sizeof(*obj));
	int err = -ENOMEM;

	if (!obj) {
		free(image->bytes);
		return err;
	}
	obj->image = image->bytes;
	obj->image_size = image->size;
	obj->name = strdup(name);
	obj->attr.prog_fd = -1;
	if (obj->image && obj->name)
		err = object_read(obj, log);
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
	LAMBDA_KEEP_ERRNO;
	const struct lambda_log to = { log, log_size };
	struct lambda_image copy = { .size = size };

	if (log_size)
		*log = '\0';
	if (size > LAMBDA_FILE_MAX) {
		lambda_log_add(&to,
			       "%s: larger than the 64 MiB that an object may have",
			       name);
		return -EFBIG;
	}
	/* One byte more, because an empty image is an error to be told. */
	copy.bytes = malloc(size + 1);
	if (copy.bytes && size)
		memcpy(copy.bytes, image, size);
	return lambda_log_end(&to, object_open_image(name, &copy, &to, ret));
}

LAMBDA_API int lambda_object__open(const char *path, char *log, size_t log_size,
				   struct lambda_object **ret)
{
	LAMBDA_KEEP_ERRNO;
	const struct lambda_log to = { log, log_size };
	struct lambda_image image = { 0 };
	int err;

	if (log_size)
		*log = '\0';
	err = lambda_file_read(path, &image, &to);
	if (err)
		free(image.bytes);
	else
		err = object_open_image(path, &image, &to, ret);
	return lambda_log_end(&to, err);
}

LAMBDA_API void lambda_object__close(struct lambda_object *obj)
{
	LAMBDA_KEEP_ERRNO;

	if (!obj)
		return;
	while (obj->programs) {
		struct lambda_program *prog = obj->programs;

		obj->programs = prog->next;
		lambda_link_free(prog);
	}
	free((void *)(uintptr_t)obj->attr.rodata);
	free((void *)(uintptr_t)obj->attr.data);
	lambda_btf_free(&obj->btf);
	lambda_layouts_free(&obj->args);
	lambda_layouts_free(&obj->output);
	free(obj->relocs);
	free(obj->funcs);
	free(obj->entries);
	free(obj->vars);
	free(obj->symbols);
	free(obj->by_name);
	free(obj->sections);
	free(obj->image);
	free(obj->name);
	free(obj);
}

LAMBDA_API const char *
lambda_object__program_name(const struct lambda_object *obj, unsigned int i)
{
	return i < obj->nr_entries ? obj->entries[i]->name : NULL;
}

/* Text that ends, and not only where the section does. */
#define ABOUT_MAX 200

LAMBDA_API const char *lambda_object__about(const struct lambda_object *obj)
{
	const struct lambda_section *section;
	const char *text;
	size_t len;

	section = lambda_elf_section(obj, ".lambda.about");
	if (!section || !section->bytes)
		return NULL;
	text = (const char *)section->bytes;
	len = strnlen(text, section->size);
	return len && len < section->size && len <= ABOUT_MAX ? text : NULL;
}

LAMBDA_API int lambda_object__variable(const struct lambda_object *obj,
				       unsigned int i,
				       struct lambda_variable *ret)
{
	const struct lambda_symbol *sym;

	if (i >= obj->nr_vars)
		return -ENOENT;
	sym = obj->vars[i];
	ret->name = sym->name;
	ret->section = obj->sections[sym->shndx].name;
	ret->address = obj->sections[sym->shndx].address + sym->value;
	ret->size = sym->size;
	return 0;
}

/* Adds to a message which programs there are. */
static void object_list_programs(const struct lambda_object *obj,
				 const struct lambda_log *log)
{
	size_t i;

	for (i = 0; i < obj->nr_entries; i++)
		lambda_log_add(log, "%s'%s'", i ? ", " : ": it has ",
			       obj->entries[i]->name);
}

static int object_find_entry(const struct lambda_object *obj, const char *name,
			     const struct lambda_log *log,
			     const struct lambda_symbol **ret)
{
	size_t i;
	int err;

	if (!obj->nr_entries)
		return lambda_refuse(log, -ENOENT, obj,
				     "has no λ program: no global function in a section lambda/NAME");
	if (!name && obj->nr_entries > 1) {
		err = lambda_refuse(log, -EINVAL, obj,
				    "has several programs, name one");
		object_list_programs(obj, log);
		return err;
	}
	for (i = 0; i < obj->nr_entries; i++) {
		*ret = obj->entries[i];
		if (!name || !strcmp(name, (*ret)->name))
			return 0;
	}
	err = lambda_refuse(log, -ENOENT, obj, "has no program '%s'", name);
	object_list_programs(obj, log);
	return err;
}

static struct lambda_program *
object_linked_before(const struct lambda_object *obj,
		     const struct lambda_symbol *entry)
{
	struct lambda_program *prog;

	for (prog = obj->programs; prog; prog = prog->next)
		if (prog->funcs->symbol == entry)
			break;
	return prog;
}

/* Links a program, unless it has been. */
static int object_link_once(struct lambda_object *obj,
			    const struct lambda_symbol *entry,
			    const struct lambda_log *log,
			    struct lambda_program **ret)
{
	int err;

	*ret = object_linked_before(obj, entry);
	if (*ret)
		return 0;
	err = lambda_link(obj, entry, log, ret);
	if (err)
		return err;
	(*ret)->next = obj->programs;
	obj->programs = *ret;
	return 0;
}

static int object_link_merge(struct lambda_object *obj,
			     struct lambda_program *prog,
			     const struct lambda_log *log)
{
	const char *name = prog->funcs->symbol->name;
	const struct lambda_symbol *entry =
		lambda_symbols_beside(obj, "lambda.merge/", name);

	if (!entry || prog->merge)
		return 0;
	if (!obj->attr.record_len && !obj->lines)
		return lambda_refuse(log, -EOPNOTSUPP, obj,
				     "has a merge program for '%s', but neither LAMBDA_RECORD() nor LAMBDA_LINES()",
				     name);
	return object_link_once(obj, entry, log, &prog->merge);
}

/* What lambda_lines.h makes, or would have made. */
static int object_link_whole(struct lambda_object *obj,
			     struct lambda_program *prog,
			     const struct lambda_log *log)
{
	const char *name = prog->funcs->symbol->name;
	const struct lambda_symbol *entry =
		lambda_symbols_beside(obj, "lambda.whole/", name);
	int err;

	if (!obj->divided)
		return 0;
	if (!entry || !prog->merge)
		return lambda_refuse(log, -EOPNOTSUPP, obj,
				     "has lambda_lines.h, with which '%s' has to begin by LAMBDA_LINES_PROGRAM() or LAMBDA_LINES_MERGED()",
				     name);
	prog->divided = true;
	err = object_link_once(obj, entry, log, &prog->whole);
	return err ? err : object_link_merge(obj, prog->whole, log);
}

LAMBDA_API int lambda_object__program(struct lambda_object *obj,
				      const char *name, char *log,
				      size_t log_size,
				      struct lambda_program **ret)
{
	LAMBDA_KEEP_ERRNO;
	const struct lambda_log to = { log, log_size };
	const struct lambda_symbol *entry = NULL;
	struct lambda_program *prog;
	int err;

	if (log_size)
		*log = '\0';
	err = object_find_entry(obj, name, &to, &entry);
	if (!err)
		err = object_link_once(obj, entry, &to, &prog);
	if (!err)
		err = object_link_merge(obj, prog, &to);
	if (!err)
		err = object_link_whole(obj, prog, &to);
	if (!err)
		*ret = prog;
	return lambda_log_end(&to, err);
}
