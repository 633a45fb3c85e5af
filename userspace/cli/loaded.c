// SPDX-License-Identifier: GPL-2.0-only
/* Opening and loading a program. */
#include <errno.h>
#include <unistd.h>

#include "find.h"
#include "kernel.h"
#include "pin.h"

static int loaded_open_entry(struct loaded *loaded, int err, char *why,
			     size_t size)
{
	struct lambda_program *prog;

	if (!err)
		err = lambda_object__program(loaded->obj, loaded->name, why,
					     size, &prog);
	if (err)
		return complain_lines(complain_exit_code(err), why);
	loaded->prog = prog;
	return 0;
}

int loaded_open(struct loaded *loaded)
{
	char path[PATH_MAX], why[4096] = "";
	int err;

	if (cli_pin_is_one(loaded->path))
		return cli_pin_open(loaded->path, loaded);
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
	code = cli_pin_read_image(path, image);
	if (code)
		return code;
	err = lambda_object__open_mem(path, image->bytes, image->size, why,
				      sizeof(why), &loaded->obj);
	return loaded_open_entry(loaded, err, why, sizeof(why));
}

int loaded_load(struct loaded *loaded)
{
	struct lambda_load_attr attr;
	char why[16384];

	if (kernel_abi() == -ENOSYS)
		return kernel_needed();
	if (loaded->pinned >= 0)
		return cli_pin_load(loaded);
	loaded_options_attr(loaded, &attr);
	loaded->fd = lambda_program__load(loaded->prog, &attr, why,
					  sizeof(why));
	if (loaded->fd >= 0)
		return 0;
	complain_lines(0, why);
	if (loaded->fd == -EPERM || loaded->fd == -ENOSYS)
		kernel_offer_local(0);
	return complain_exit_code(loaded->fd);
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
