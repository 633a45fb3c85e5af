// SPDX-License-Identifier: GPL-2.0-only
/* What the library does with errno, which is nothing, and with empty logs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linked.h"
#include "test.h"

#define MARK	12345

/* An expression of the library's, which leaves errno alone. */
#define test_kept(call, result, name)					\
	do {								\
		long long ret_;						\
									\
		errno = MARK;						\
		ret_ = (call);						\
		test_ok(errno == MARK && ret_ == (result),		\
			"%s: %lld, errno is %d", name, ret_, errno);	\
	} while (0)

static char why[512];

static void test_open(void)
{
	struct lambda_object *obj;
	struct lambda_program *prog;
	const char *path = object_path("tests/calls");

	test_kept(lambda_object__open("/nonexistent", why, sizeof(why), &obj),
		  -ENOENT, "open, of nothing");
	test_kept(lambda_object__open("/proc/self/exe", why, sizeof(why), &obj),
		  -ENOEXEC, "open, of something else");
	test_kept(lambda_object__open("/", NULL, 0, &obj), -EISDIR,
		  "open, of a directory");
	test_kept(lambda_object__open(path, why, sizeof(why), &obj), 0, "open");
	test_kept(lambda_object__program(obj, "third", why, sizeof(why), &prog),
		  -ENOENT, "program, that is none");
	test_kept(lambda_object__program(obj, "first", why, sizeof(why), &prog),
		  0, "program");
	test_kept(lambda_program__check(prog, why, sizeof(why)), 0, "check");
	errno = MARK;
	lambda_object__close(obj);
	test_ok(errno == MARK, "close: errno is %d", errno);
}

static void test_large(void)
{
	const size_t size = (64 << 20) + 1;
	void *image = calloc(1, size);
	struct lambda_object *obj;

	test_kept(lambda_object__open_mem("large", image, size, why,
					  sizeof(why), &obj),
		  -EFBIG, "open_mem, of 64 MiB and a byte");
	test_ok(strstr(why, "large: larger than the 64 MiB"), "and says '%s'",
		why);
	test_kept(lambda_object__open_mem("none", NULL, 0, why, sizeof(why),
					  &obj),
		  -ENOEXEC, "open_mem, of nothing");
	test_ok(strstr(why, "none: empty"), "and says '%s'", why);
	free(image);
}

/* On whatever kernel, these are wrong. */
static void test_calls(void)
{
	struct lambda_io io = { .size = sizeof(io), .result.status = 77 };
	int ret;

	errno = MARK;
	ret = lambda_load(NULL, 0, ~0u);
	test_ok(ret < 0 && errno == MARK, "load: %d, errno is %d", ret, errno);
	errno = MARK;
	ret = lambda_pread(-1, NULL, 0, 0, -1, NULL);
	test_ok(ret < 0 && errno == MARK, "pread: %d, errno is %d", ret, errno);
	errno = MARK;
	ret = lambda_pwrite(-1, NULL, 0, 0, -1, NULL);
	test_ok(ret < 0 && errno == MARK, "pwrite: %d, errno is %d", ret,
		errno);
	errno = MARK;
	lambda_why_not(-ENOSYS, why, sizeof(why));
	test_ok(*why && errno == MARK, "why_not: '%s', errno is %d", why,
		errno);
	errno = MARK;
	lambda_explain(NULL, &io, why, sizeof(why));
	test_ok(*why && errno == MARK, "explain: '%s', errno is %d", why,
		errno);
}

/* A user who loads without leave, too. */
static void test_load(void)
{
	struct lambda_object *obj;
	struct lambda_program *prog = open_linked("tests/calls", "first", &obj);
	struct lambda_load_attr attr;
	int fd;

	lambda_program__attr(prog, &attr);
	attr.flags = ~0u;
	errno = MARK;
	fd = lambda_program__load(prog, &attr, why, sizeof(why));
	test_ok(fd < 0 && *why && errno == MARK, "load: %d, '%s', errno is %d",
		fd, why, errno);
	lambda_object__close(obj);
}

int main(void)
{
	test_open();
	test_large();
	test_calls();
	test_load();
	return test_done();
}
