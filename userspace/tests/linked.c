// SPDX-License-Identifier: GPL-2.0-only
#include "linked.h"

#include <local.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *need(void *p, const char *what)
{
	if (!p) {
		perror(what);
		exit(1);
	}
	return p;
}

/* A file with the input of @req where the request expects it. */
static int input_file(const struct request *req)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0 || pwrite(fd, req->in, req->in_len, req->offset) !=
		      (ssize_t)req->in_len) {
		perror("input");
		exit(1);
	}
	return fd;
}

static ssize_t run_once(struct lambda_local *local, int fd,
			const struct request *req, unsigned char *out,
			struct lambda_io *io)
{
	ssize_t len;

	memset(io, 0, sizeof(*io));
	io->size = sizeof(*io);
	io->result_size = sizeof(io->result);
	io->out_cap = req->out_cap;
	io->args = (uintptr_t)req->args;
	io->args_len = req->args_len;
	len = lambda_local__pread(local, fd, out, req->in_len, req->offset, io);
	/* What the program wrote without returning it is of interest, too. */
	if (io->result.status == LAMBDA_STATUS_OK && req->out_cap)
		memcpy(out + len, local->window.seg[SBPF_SEG_OUT].mem + len,
		       req->out_cap - len);
	return len;
}

static bool ended_alike(const struct sbpf_run *a, const struct sbpf_run *b)
{
	return a->status == b->status && a->retval == b->retval &&
	       a->fault_addr == b->fault_addr &&
	       a->fault_write == b->fault_write && a->where == b->where &&
	       a->insns == b->insns && a->budget_used == b->budget_used;
}

static void expect_alike(const struct lambda_program *prog, bool alike)
{
	if (alike)
		return;
	fprintf(stderr, "%s: translated it ends otherwise than interpreted\n",
		lambda_program__name(prog));
	exit(1);
}

ssize_t run_linked(const struct lambda_program *prog, const struct request *req,
		   void *out, struct lambda_io *io)
{
	unsigned char *again = need(malloc(req->out_cap + 1), "output");
	int fd = input_file(req);
	struct lambda_load_attr attr;
	struct lambda_local *local;
	struct sbpf_run run;
	char why[512];
	ssize_t len;
	bool same;

	lambda_program__attr(prog, &attr);
	if (lambda_local__open(prog, &attr, why, sizeof(why), &local)) {
		fprintf(stderr, "%s: %s\n", lambda_program__name(prog), why);
		exit(1);
	}
	expect_alike(prog, lambda_local__translated(local));
	len = run_once(local, fd, req, out, io);
	run = local->run;
	sbpf_posix_discard(&local->checked);
	same = run_once(local, fd, req, again, io) == len &&
	       ended_alike(&run, &local->run) &&
	       (len < 0 || !memcmp(out, again, req->out_cap));
	expect_alike(prog, same);
	lambda_local__close(local);
	close(fd);
	free(again);
	return len;
}

int run_native(int (*native)(struct lambda_ctx *ctx),
	       const struct request *req, void *out)
{
	struct lambda_ctx ctx = {
		.in = (uintptr_t)req->in,
		.in_len = req->in_len,
		.out = (uintptr_t)out,
		.out_cap = req->out_cap,
		.args = (uintptr_t)req->args,
		.args_len = req->args_len,
		.offset = req->offset,
	};

	memset(out, 0, req->out_cap);
	return native(&ctx);
}

const char *object_path(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s.bpf.o",
		 (char *)need(getenv("BPF_OBJECTS"), "BPF_OBJECTS"), name);
	return path;
}

struct lambda_program *open_linked(const char *object, const char *name,
				   struct lambda_object **obj)
{
	struct lambda_program *prog;
	char why[4096];

	if (lambda_object__open(object_path(object), why, sizeof(why), obj) ||
	    lambda_object__program(*obj, name, why, sizeof(why), &prog)) {
		fprintf(stderr, "%s\n", why);
		exit(1);
	}
	return prog;
}

void *read_file(const char *path, size_t *size)
{
	FILE *file = need(fopen(path, "re"), path);
	unsigned char *bytes;

	fseek(file, 0, SEEK_END);
	*size = ftell(file);
	rewind(file);
	bytes = need(malloc(*size + 1), path);
	if (fread(bytes, 1, *size, file) != *size)
		exit(1);
	bytes[*size] = '\0';
	fclose(file);
	return bytes;
}
