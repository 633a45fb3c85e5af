// SPDX-License-Identifier: GPL-2.0-only
#include "interpret.h"

#include <errno.h>
#include <sbpf/sbpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *need(void *p, const char *what)
{
	if (!p) {
		perror(what);
		exit(1);
	}
	return p;
}

static void map_segments(struct sbpf_window *window)
{
	int i;

	for (i = 0; i < SBPF_SEGS; i++)
		window->seg[i].mem = need(calloc(1, window->seg[i].len + 1),
					  "segment");
}

static void unmap_segments(struct sbpf_window *window)
{
	int i;

	for (i = 0; i < SBPF_SEGS; i++)
		free(window->seg[i].mem);
}

static void fill(struct sbpf_window *window, const struct request *req,
		 const struct lambda_load_attr *attr)
{
	__u8 *data = window->seg[SBPF_SEG_DATA].mem;

	memcpy(data, (void *)(uintptr_t)attr->rodata, attr->rodata_len);
	memcpy(data + window->seg[SBPF_SEG_DATA].ro,
	       (void *)(uintptr_t)attr->data, attr->data_len);
	if (req->args_len)
		memcpy(window->seg[SBPF_SEG_ARGS].mem, req->args,
		       req->args_len);
	memcpy(window->seg[SBPF_SEG_IN].mem + req->offset % SBPF_PAGE_SIZE,
	       req->in, req->in_len);
}

static void init_program(const struct lambda_program *prog,
			 struct sbpf_program *program)
{
	const struct bpf_insn *insns;
	void *scratch;
	size_t count;

	insns = lambda_program__insns(prog, &count);
	scratch = need(malloc(SBPF_CHECK_SCRATCH(count)), "scratch");
	if (sbpf_program_init(program, (const void *)insns, count, scratch)) {
		fprintf(stderr, "%s: %u: %s\n", lambda_program__name(prog),
			program->check.where, program->check.why);
		exit(1);
	}
	free(scratch);
}

static ssize_t finish(const struct sbpf_run *run, struct lambda_io *io)
{
	memset(io, 0, sizeof(*io));
	io->status = run->status;
	io->retval = run->retval;
	io->fault_addr = run->fault_addr;
	io->fault_write = run->fault_write;
	return run->status == LAMBDA_STATUS_OK ? run->retval : -ECANCELED;
}

ssize_t interpret(const struct lambda_program *prog, const struct request *req,
		  void *out, struct lambda_io *io)
{
	static struct sbpf_program program;
	struct sbpf_window window = { 0 };
	struct lambda_load_attr attr;
	struct sbpf_run run = {
		.program = &program,
		.window = &window,
		.max_insns = SBPF_INSNS_UNLIMITED,
	};
	struct sbpf_shape shape;

	init_program(prog, &program);
	lambda_program__attr(prog, &attr);
	run.budget = req->in_len * SBPF_BUDGET_PER_BYTE;
	if (run.budget < SBPF_BUDGET_DEFAULT)
		run.budget = SBPF_BUDGET_DEFAULT;
	if (attr.flags & LAMBDA_ATTR_BUDGET)
		run.budget = attr.budget;
	shape = (struct sbpf_shape){
		.offset = req->offset,
		.in_len = req->in_len,
		.out_cap = req->out_cap,
		.args_len = req->args_len,
		.heap_len = attr.heap_len,
		.rodata_len = attr.rodata_len,
		.data_len = attr.data_len + attr.bss_len,
		.frame_len = attr.frame_len,
		.nr_funcs = program.check.nr_funcs,
	};
	if (sbpf_window_lay_out(&window, &shape))
		exit(1);
	map_segments(&window);
	fill(&window, req, &attr);
	sbpf_window_set_ctx(&window, &shape);
	sbpf_interpret(&run);
	memcpy(out, window.seg[SBPF_SEG_OUT].mem, req->out_cap);
	unmap_segments(&window);
	return finish(&run, io);
}

int run_twin(int (*twin)(struct lambda_ctx *ctx), const struct request *req,
	     void *out)
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
	return twin(&ctx);
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
	fclose(file);
	return bytes;
}
