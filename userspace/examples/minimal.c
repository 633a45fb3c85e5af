// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Counts the zero bytes in the first MiB of FILE with the λ in minimal.bpf.c:
 *
 *	minimal OBJECT FILE
 */
#include <fcntl.h>
#include <lambda.h>
#include <stdio.h>
#include <string.h>

static int count(const char *object, const char *path)
{
	struct lambda_io io = { .size = sizeof(io), .out_cap = 8 };
	struct lambda_program *prog;
	struct lambda_object *obj;
	unsigned long long zeros;
	char why[4096];
	int lambda, fd;
	ssize_t got;

	if (lambda_object__open(object, why, sizeof(why), &obj) ||
	    lambda_object__program(obj, NULL, why, sizeof(why), &prog)) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	lambda = lambda_program__load(prog, NULL, why, sizeof(why));
	if (lambda < 0) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	fd = open(path, O_RDONLY);
	if (fd < 0) {
		perror(path);
		return 1;
	}
	got = lambda_pread(fd, &zeros, 1 << 20, 0, lambda, &io);
	if (got == sizeof(zeros)) {
		printf("%llu\n", zeros);
		return 0;
	}
	lambda_explain(prog, &io, why, sizeof(why));
	fprintf(stderr, "%s: %s: %s\n", path, strerror(got < 0 ? -got : 0),
		why);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: minimal OBJECT FILE\n");
		return 2;
	}
	return count(argv[1], argv[2]);
}
