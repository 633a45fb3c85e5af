// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Counts the zero bytes of FILE with the λ in minimal.bpf.c:
 *
 *	minimal OBJECT FILE
 */
#include <fcntl.h>
#include <lambda.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Takes the answer: one number. */
static int take_count(void *data, const void *bytes, size_t len)
{
	if (len != sizeof(uint64_t))
		return 1;
	memcpy(data, bytes, len);
	return 0;
}

static int open_program(const char *object, struct lambda_program **prog,
			char *why, size_t size)
{
	struct lambda_object *obj;
	int err = lambda_object__open(object, why, size, &obj);

	return err ? err : lambda_object__program(obj, NULL, why, size, prog);
}

static int count(const char *object, int fd, char *why, size_t size)
{
	uint64_t zeros = 0;
	struct lambda_run_attr attr = {
		.size = sizeof(attr),
		.length = UINT64_MAX,
		.output = take_count,
		.data = &zeros,
	};
	struct lambda_program *prog;
	int lambda;

	if (open_program(object, &prog, why, size))
		return 1;
	lambda = lambda_program__load(prog, NULL, why, size);
	if (lambda < 0)
		return 1;
	if (lambda_program__run(prog, lambda, fd, &attr, why, size))
		return 1;
	printf("%llu\n", (unsigned long long)zeros);
	return 0;
}

int main(int argc, char **argv)
{
	char why[4096] = "";
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: minimal OBJECT FILE\n");
		return 2;
	}
	fd = open(argv[2], O_RDONLY);
	if (fd < 0) {
		perror(argv[2]);
		return 1;
	}
	if (!count(argv[1], fd, why, sizeof(why)))
		return 0;
	fprintf(stderr, "%s: %s\n", argv[2], why);
	return 1;
}
