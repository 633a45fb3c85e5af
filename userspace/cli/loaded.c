// SPDX-License-Identifier: GPL-2.0-only
/* Opening and loading a program, with the options that change how. */
#include <argp.h>
#include <errno.h>
#include <unistd.h>

#include "find.h"
#include "kernel.h"
#include "pin.h"

/* Others than those of lambda run. */
enum {
	KEY_HEAP = 512,
};

static const struct argp_option options[] = {
	{ "program", 'p', "NAME", 0,
	  "Entry function, where the object has several", 1 },
	{ "heap", KEY_HEAP, "BYTES", 0, "Heap, instead of the object's own", 1 },
	{ "frame", 'F', "BYTES", 0,
	  "Stack of each function, a multiple of 4K", 1 },
	{ "budget", 'B', "JUMPS", 0, "Backward jumps a request may take", 1 },
	{ 0 }
};

static void loaded_parse_init(struct loaded *loaded)
{
	loaded->heap = -1;
	loaded->frame = -1;
	loaded->budget = -1;
	loaded->fd = -1;
	loaded->pinned = -1;
	loaded->pinned_merge = -1;
	loaded->pinned_whole = -1;
}

static error_t loaded_parse(int key, char *arg, struct argp_state *state)
{
	struct loaded *loaded = state->input;

	switch (key) {
	case 'p':
		loaded->name = arg;
		return 0;
	case KEY_HEAP:
		loaded->heap = number_option(state, "heap", arg, 0,
					     SBPF_HEAP_MAX);
		return 0;
	case 'F':
		loaded->frame = number_option(state, "frame", arg, 0,
					      SBPF_FRAME_MAX);
		if (loaded->frame % SBPF_PAGE_SIZE)
			argp_error(state,
				   "a frame of %s is not a multiple of 4K",
				   arg);
		return 0;
	case 'B':
		loaded->budget = number_option(state, "budget", arg, 0,
					       SBPF_BUDGET_MAX);
		return 0;
	case ARGP_KEY_INIT:
		loaded_parse_init(loaded);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp load_argp = { options, loaded_parse, 0, 0, 0, 0, 0 };

static int loaded_open_entry(struct loaded *loaded, int err, char *why,
			     size_t size)
{
	struct lambda_program *prog;

	if (!err)
		err = lambda_object__program(loaded->obj, loaded->name, why,
					     size, &prog);
	if (err)
		return complain_lines(exit_code(err), why);
	loaded->prog = prog;
	return 0;
}

int loaded_open(struct loaded *loaded)
{
	char path[PATH_MAX], why[4096] = "";
	int err;

	if (pin_is_one(loaded->path))
		return pin_open(loaded->path, loaded);
	if (!find_object(loaded->path, path))
		return find_nothing(loaded->path);
	err = lambda_object__open(path, why, sizeof(why), &loaded->obj);
	return loaded_open_entry(loaded, err, why, sizeof(why));
}

int loaded_open_image(struct loaded *loaded, struct image *image)
{
	char path[PATH_MAX], why[4096] = "";
	int code, err;

	if (!find_object(loaded->path, path))
		return find_nothing(loaded->path);
	code = pin_read_image(path, image);
	if (code)
		return code;
	err = lambda_object__open_mem(path, image->bytes, image->size, why,
				      sizeof(why), &loaded->obj);
	return loaded_open_entry(loaded, err, why, sizeof(why));
}

void loaded_attr(const struct loaded *loaded, struct lambda_load_attr *attr)
{
	lambda_program__attr(loaded->prog, attr);
	if (loaded->heap >= 0)
		attr->heap_len = loaded->heap;
	if (loaded->frame >= 0)
		attr->frame_len = loaded->frame;
	if (loaded->budget >= 0) {
		attr->budget = loaded->budget;
		attr->flags |= LAMBDA_ATTR_BUDGET;
	}
}

int loaded_load(struct loaded *loaded)
{
	struct lambda_load_attr attr;
	char why[16384];

	if (kernel_abi() == -ENOSYS)
		return kernel_needed();
	if (loaded->pinned >= 0)
		return pin_load(loaded);
	loaded_attr(loaded, &attr);
	loaded->fd = lambda_program__load(loaded->prog, &attr, why,
					  sizeof(why));
	if (loaded->fd >= 0)
		return 0;
	complain_lines(0, why);
	if (loaded->fd == -EPERM || loaded->fd == -ENOSYS)
		kernel_offer_local(0);
	return exit_code(loaded->fd);
}

void loaded_close(struct loaded *loaded)
{
	const int fds[] = { loaded->fd, loaded->pinned, loaded->pinned_merge,
			    loaded->pinned_whole };
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	lambda_object__close(loaded->obj);
}
