// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Requests: the λ is opened once for a backend, in this process or in the
 * kernel.
 */
#include "pg_lambda.h"

#include "lambda.h"

/* The object of scan.bpf.c, which the library carries. */
asm(".section .rodata\n"
	".global pgl_object\n"
	".hidden pgl_object\n"
	".global pgl_object_end\n"
	".hidden pgl_object_end\n"
	".balign 8\n"
	"pgl_object:\n"
	".incbin \"" PGL_OBJECT "\"\n"
	"pgl_object_end:\n"
	".previous\n");
extern const char pgl_object[];
extern const char pgl_object_end[];

static struct lambda_program *engine_program;
static struct lambda_local *engine_local;
static int	engine_handle = -1;

static void
engine_fail(const char *what, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
			 errmsg("could not %s the λ of pg_lambda", what),
			 errdetail("%s", why),
			 errhint("With lambda.side set to off PostgreSQL does without it.")));
}

static void
engine_open(void)
{
	struct lambda_object *object;
	char		why[512] = "";

	if (engine_program != NULL)
		return;
	if (lambda_object__open_mem("pg_lambda", pgl_object,
								pgl_object_end - pgl_object, why, sizeof(why),
								&object))
		engine_fail("read", why);
	if (lambda_object__program(object, "pg_scan", why, sizeof(why),
							   &engine_program))
	{
		lambda_object__close(object);
		engine_fail("link", why);
	}
}

static void
engine_open_local(void)
{
	char		why[512] = "";

	engine_open();
	if (engine_local == NULL &&
		lambda_local__open(engine_program, NULL, why, sizeof(why),
						   &engine_local))
		engine_fail("open", why);
}

/* Returns 0, or the error that the kernel has for it. */
static int
engine_load(void)
{
	char		why[512] = "";

	engine_open();
	if (engine_handle < 0)
		engine_handle = lambda_program__load(engine_program, NULL, why,
											 sizeof(why));
	return engine_handle < 0 ? engine_handle : 0;
}

static void
engine_no_kernel(int side, int err)
{
	char		why[256];

	lambda_why_not(err, why, sizeof(why));
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("lambda.side is \"%s\", but the kernel runs no λ for this server",
					pgl_side_text(side)),
			 errdetail("%s.", why),
			 errhint("Set lambda.side to process, which needs no kernel with λ-IO, or to auto.")));
}

/* Where a request is made, of what was asked for. */
static int
engine_side(int side)
{
	static bool no_kernel = false;
	int			err;

	if (side == PGL_SIDE_PROCESS || (side == PGL_SIDE_AUTO && no_kernel))
	{
		engine_open_local();
		return PGL_SIDE_PROCESS;
	}
	err = engine_load();
	if (err == 0)
		return side;
	if (side != PGL_SIDE_AUTO)
		engine_no_kernel(side, err);
	no_kernel = true;
	return engine_side(side);
}

static void
engine_count(PglStats *stats, int side, const struct lambda_result *result)
{
	if (result->side == LAMBDA_SIDE_HOST)
		side = PGL_SIDE_HOST;
	else if (result->side == LAMBDA_SIDE_DEVICE)
		side = PGL_SIDE_DEVICE;
	stats->requests[side]++;
	stats->bytes_read += result->in_len;
	stats->bytes_out += result->out_len;
	stats->ns += result->ns_compute;
}

/*
 * Runs the λ over a part of a file. Returns bytes of output, or a negative errno:
 * then the ordinary way is left, which has its own words for what is wrong.
 */
ssize_t
pgl_engine_run(int side, int fd, void *buf, size_t cap, size_t count,
			   off_t offset, const struct pgl_args *args, int args_len,
			   PglStats *stats)
{
	struct lambda_io io = {
		.size = sizeof(io),
		.result_size = sizeof(io.result),
		.args_len = args_len,
		.args = (uintptr_t) args,
		.out_cap = cap,
	};
	ssize_t		ret;

	side = engine_side(side);
	if (side == PGL_SIDE_HOST)
		io.flags = LAMBDA_IO_HOST;
	else if (side == PGL_SIDE_DEVICE)
		io.flags = LAMBDA_IO_DEVICE;
	/* Pages are looked at once, and judged before anything is taken from them. */
	if (side == PGL_SIDE_PROCESS)
		ret = lambda_local__pread(engine_local, fd, buf, count, offset, &io);
	else
		ret = lambda_pread(fd, buf, count, offset, engine_handle, &io);
	if (ret >= 0)
		engine_count(stats, side, &io.result);
	return ret;
}
