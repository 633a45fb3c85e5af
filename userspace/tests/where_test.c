// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a program ended badly that the kernel or a drive ran, which tell no
 * instruction: function and line are told all the same, those of a run in this
 * process, and none where that ends otherwise.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "linked.h"
#include "test.h"

#define SIZE	4096

/* What runs the requests in place of a drive, and what it tells wrongly. */
static struct {
	struct lambda_local *program, *merger;
	unsigned int status;
	long long shift;
	size_t only;	/* bytes of each output */
} drive;

static char told[1024];
static int file;

static ssize_t as_drive(ssize_t ret, struct lambda_io *io)
{
	io->result.side = LAMBDA_SIDE_DEVICE;
	io->result.fault_addr += drive.shift;
	if (drive.status)
		io->result.status = drive.status;
	return ret;
}

static ssize_t drive_pread(void *data, int fd, void *buf, size_t count,
			   off_t offset, struct lambda_io *io)
{
	ssize_t ret = lambda_local__pread(drive.program, fd, buf, count, offset,
					  io);

	(void)data;
	if (drive.only && ret > (ssize_t)drive.only)
		ret = drive.only;
	return as_drive(ret, io);
}

static ssize_t drive_merge(void *data, const void *in, size_t len, void *buf,
			   off_t offset, struct lambda_io *io)
{
	(void)data;
	return as_drive(lambda_local__run(drive.merger, in, len, buf, offset,
					  io), io);
}

static const struct lambda_engine engine = {
	.pread = drive_pread, .merge = drive_merge,
};

static int take(void *data, const void *bytes, size_t len)
{
	(void)data;
	(void)bytes;
	(void)len;
	return 0;
}

/* Runs it by the drive or here, and returns what the library says. */
static const char *said(const struct lambda_program *prog, bool by_drive)
{
	struct lambda_load_attr load;
	struct lambda_run_attr attr = {
		.size = sizeof(attr),
		.flags = by_drive ? 0 : LAMBDA_RUN_LOCAL,
		.length = UINT64_MAX,
		.batch = drive.only ? SIZE / 4 : SIZE,
		.jobs = 1,
		.output = take,
		.engine = by_drive ? &engine : NULL,
		.load = &load,
	};
	int err;

	lambda_program__attr(prog, &load);
	load.flags |= LAMBDA_ATTR_BUDGET;
	load.budget = 100000;
	*told = '\0';
	err = lambda_program__run(prog, -1, file, &attr, told, sizeof(told));
	if (err != -ECANCELED)
		snprintf(told, sizeof(told), "it did not end badly");
	return told;
}

static struct lambda_local *open_here(const struct lambda_program *prog)
{
	struct lambda_load_attr load;
	struct lambda_local *ret;

	lambda_program__attr(prog, &load);
	load.flags |= LAMBDA_ATTR_BUDGET;
	load.budget = 100000;
	if (lambda_local__open(prog, &load, NULL, 0, &ret))
		exit(1);
	return ret;
}

/* The drive tells what this process does, and which side it was. */
static void test_end(const char *name)
{
	static const char side[] = ", in the device";
	char here[sizeof(told)], *at;
	struct lambda_object *obj;
	const struct lambda_program *prog = open_linked("tests/ends", name,
							&obj);

	memcpy(here, said(prog, false), sizeof(here));
	drive.program = open_here(prog);
	said(prog, true);
	at = strstr(told, side);
	if (at)
		memmove(at, at + sizeof(side) - 1,
			strlen(at + sizeof(side) - 1) + 1);
	test_ok(at && !strcmp(told, here) && strstr(told, ", in function ") &&
		strstr(told, "ends.bpf.c:"), "%s: %s", name, told);
	drive.shift = 8;
	said(prog, true);
	test_ok(strstr(told, side) && !strstr(told, ", in function "),
		"%s: of another end no place is told: %s", name, told);
	drive.shift = 0;
	drive.status = LAMBDA_STATUS_KILLED;
	said(prog, true);
	test_ok(strstr(told, side) && !strstr(told, ", in function "),
		"%s: nor of one that was killed: %s", name, told);
	drive.status = 0;
	lambda_local__close(drive.program);
	lambda_object__close(obj);
}

/* Outputs that the merge program does not know what to do with. */
static void test_merge(void)
{
	struct lambda_object *obj;
	const struct lambda_program *prog = open_linked("tests/rows",
							"count_rows", &obj);

	drive.program = open_here(prog);
	drive.merger = open_here(lambda_program__merge(prog));
	drive.only = 3;
	said(prog, true);
	test_ok(strstr(told, ", in the device, in function count_rows_merge (") &&
		strstr(told, "rows.bpf.c:"), "a merge: %s", told);
	lambda_local__close(drive.program);
	lambda_local__close(drive.merger);
	lambda_object__close(obj);
}

int main(void)
{
	static const char *const ends[] = {
		"frame", "null", "readonly", "negative", "length", "forever",
	};
	static const char bytes[SIZE] = { 1 };
	size_t i;

	file = memfd_create("input", 0);
	if (file < 0 || pwrite(file, bytes, SIZE, 0) != SIZE)
		return 1;
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		test_end(ends[i]);
	test_merge();
	close(file);
	return test_done();
}
