// SPDX-License-Identifier: GPL-2.0-only
/*
 * Broken objects: every prefix of one, and one with any one bit flipped, is
 * refused or works, and never makes the library misbehave. It takes the
 * sanitizers that this is built with to see the latter.
 */
#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#include "linked.h"
#include "test.h"

static bool documented(int err)
{
	return err == 0 || err == -ENOEXEC || err == -EOPNOTSUPP ||
	       err == -EMSGSIZE || err == -EINVAL || err == -ENOENT;
}

/* Uses all there is of an object. */
static int use_object(struct lambda_object *obj)
{
	struct lambda_variable var;
	struct lambda_function func;
	struct lambda_program *prog;
	const char *name;
	char why[512];
	unsigned int i, k;
	int err, worst = 0;

	for (i = 0; !lambda_object__variable(obj, i, &var); i++)
		worst |= !var.name;
	for (i = 0; (name = lambda_object__program_name(obj, i)); i++) {
		err = lambda_object__program(obj, name, why, sizeof(why),
					     &prog);
		if (!documented(err))
			return err;
		for (k = 0; !err; k++)
			err = lambda_program__function(prog, k, &func);
		if (k > 0 && lambda_program__check(prog, why, sizeof(why)))
			worst = -EINVAL;
	}
	return worst;
}

static int try_image(const unsigned char *image, size_t size)
{
	struct lambda_object *obj;
	char why[512] = "";
	int err;

	err = lambda_object__open_mem("broken", image, size, why, sizeof(why),
				      &obj);
	if (err)
		return *why ? err : 1;
	err = use_object(obj);
	lambda_object__close(obj);
	return err;
}

static void test_prefixes(const char *name, const unsigned char *image,
			  size_t size)
{
	size_t len, accepted = 0, undocumented = 0;

	for (len = 0; len < size; len++) {
		int err = try_image(image, len);

		accepted += err == 0;
		undocumented += !documented(err);
	}
	test_ok(accepted == 0, "%s: no prefix is taken", name);
	test_ok(undocumented == 0, "%s: prefixes give documented errors", name);
}

static void test_flips(const char *name, unsigned char *image, size_t size)
{
	size_t bit, undocumented = 0, refused = 0;

	for (bit = 0; bit < size * 8; bit++) {
		int err;

		image[bit / 8] ^= 1 << bit % 8;
		err = try_image(image, size);
		image[bit / 8] ^= 1 << bit % 8;
		refused += err != 0;
		undocumented += !documented(err);
	}
	test_ok(undocumented == 0, "%s: flipped bits give documented errors",
		name);
	test_ok(refused > size / 8, "%s: %zu of %zu flipped bits are refused",
		name, refused, size * 8);
}

/* Without the last zero, the last string would go on behind the section. */
static void test_strings(const char *name, unsigned char *image, size_t size)
{
	const __u16 magic = BTF_MAGIC;
	unsigned char *at = memmem(image, size, &magic, sizeof(magic));
	struct lambda_object *obj;
	struct btf_header head;
	char why[512] = "";
	int err;

	memcpy(&head, at, sizeof(head));
	at += head.hdr_len + head.str_off + head.str_len - 1;
	*at = 'x';
	err = lambda_object__open_mem(name, image, size, why, sizeof(why),
				      &obj);
	*at = '\0';
	test_ok(err == -ENOEXEC && strstr(why, ".BTF"),
		"%s: strings without an end: %s", name, why);
}

static void test_object(const char *name)
{
	unsigned char *image;
	size_t size;

	image = read_file(object_path(name), &size);
	test_ok(try_image(image, size) == 0, "%s: is taken whole", name);
	test_prefixes(name, image, size);
	test_strings(name, image, size);
	test_flips(name, image, size);
	free(image);
}

static void test_size(void)
{
	const size_t size = (64 << 20) + 1;
	void *image = calloc(1, size);
	struct lambda_object *obj;

	test_ok(image && lambda_object__open_mem("large", image, size, NULL, 0,
						 &obj) == -EFBIG,
		"64 MiB and a byte are -EFBIG");
	test_ok(image && lambda_object__open_mem("large", image, size - 1, NULL,
						 0, &obj) == -ENOEXEC,
		"64 MiB are not");
	free(image);
}

int main(void)
{
	test_object("tests/calls");
	test_object("tests/globals");
	test_object("tests/options");
	test_size();
	return test_done();
}
