// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random λ programs on both sides: whatever the firmware's interpreter, run
 * here, says of one, the kernel must say as well, and so must the drive that
 * the file lies on. firmware/tests/generate.c makes the programs.
 *
 * Usage: random_programs host|both DIRECTORY [PROGRAMS [SEED]]
 *
 * A program that they disagree about is made as small as it goes and printed
 * as an instruction case behind "> ": keep it in firmware/tests/sbpf, under a
 * name that says what was wrong.
 */
#include <stdbool.h>
#include <time.h>

#include "csd.h"

#include "ends.h"
#include "generate.h"
#include "lambda/common.h"
#include "shrink.h"

/* Inputs are written so many at a time, each into its part of the file. */
#define BATCH		64
#define PART		(128 * KIB)
/* What no byte of the caller's buffer is before a request. */
#define UNTOUCHED	0xa5

static const struct sandbox_limits no_limits = {
	.max_insns = SBPF_INSNS_UNLIMITED,
	.max_helper_bytes = SBPF_BYTES_UNLIMITED,
};

static struct ends ends;
static unsigned long declined;
static bool with_drive;
static int input;

static bool same(const char *what, __s64 want, __s64 got)
{
	if (want != got)
		ksft_print_msg("%s: wanted %lld, got %lld\n", what, want, got);
	return want == got;
}

/* The result, field by field, and every byte of the caller's buffer. */
static bool as_wanted(const struct sbpf_case *c,
		      const struct sandbox_result *want, ssize_t ret, int error,
		      const struct lambda_io *io, const __u8 *out)
{
	bool ok = want->run.status == LAMBDA_STATUS_OK;
	size_t len = ok ? want->run.retval : 0, k;

	if (!same("status", want->run.status, io->result.status) ||
	    !same("return value", want->run.retval, io->result.retval) ||
	    !same("fault address", want->run.fault_addr,
		  io->result.fault_addr) ||
	    !same("fault write", want->run.fault_write,
		  io->result.fault_write) ||
	    !same("returned", ok ? want->run.retval : -1, ret) ||
	    !same("errno", ok ? 0 : ECANCELED, ret < 0 ? error : 0) ||
	    !same("budget", want->run.budget_used, io->result.budget_used) ||
	    !same("helpers' bytes", want->run.helper_bytes,
		  io->result.helper_bytes) ||
	    !same("in_len", c->in.len, io->result.in_len) ||
	    !same("out_len", len, io->result.out_len))
		return false;
	for (k = 0; k < c->out_cap; k++)
		if (out[k] != (k < len ? want->out[k] : UNTOUCHED))
			return same("byte", k, -1);
	return true;
}

/* One request on one side. */
static bool runs_alike(const struct sbpf_case *c,
		       const struct sandbox_result *want, int lambda,
		       enum lambda_side side)
{
	struct lambda_io io = io_for(c->out_cap, c->args.at, c->args.len);
	static __u8 out[CASE_BYTES];
	ssize_t ret;

	io.flags = side == LAMBDA_SIDE_HOST ? LAMBDA_IO_HOST :
		   LAMBDA_IO_DEVICE | LAMBDA_IO_NO_FALLBACK;
	memset(out, UNTOUCHED, c->out_cap);
	ret = lambda_pread(input, out, c->in.len, c->offset, lambda, &io);
	/* A drive may give up on what takes too long; the host may not. */
	if (ret < 0 && errno == EOPNOTSUPP && side == LAMBDA_SIDE_DEVICE &&
	    (io.result.reason == LAMBDA_REASON_INSNS ||
	     io.result.reason == LAMBDA_REASON_TIME)) {
		declined++;
		return true;
	}
	if (as_wanted(c, want, ret, errno, &io, out) &&
	    same("side", side, io.result.side) &&
	    same("reason", LAMBDA_REASON_FORCED, io.result.reason))
		return true;
	ksft_print_msg("%s on the %s\n", c->name,
		       side == LAMBDA_SIDE_HOST ? "host" : "drive");
	return false;
}

static int load(const struct sbpf_case *c, int prog)
{
	const struct lambda_load_attr attr = {
		.prog_fd = prog,
		.flags = LAMBDA_ATTR_BUDGET,
		.rodata = (uintptr_t)c->rodata.at,
		.rodata_len = c->rodata.len,
		.data = (uintptr_t)c->data.at,
		.data_len = c->data.len,
		.bss_len = c->bss_len,
		.heap_len = c->heap_len,
		.budget = c->budget,
		.frame_len = c->frame_len,
	};

	return lambda_load(&attr, sizeof(attr), 0);
}

static bool accepted_alike(const struct sbpf_case *c,
			   const struct sandbox_result *want, int prog)
{
	int lambda = load(c, prog);
	bool alike;

	if (lambda < 0) {
		ksft_print_msg("%s: no handle: %s\n", c->name, strerror(errno));
		return false;
	}
	alike = runs_alike(c, want, lambda, LAMBDA_SIDE_HOST) &&
		(!with_drive ||
		 runs_alike(c, want, lambda, LAMBDA_SIDE_DEVICE));
	close(lambda);
	return alike;
}

/* What bpf(2) itself looks for, before the check has its turn. */
static bool refused_before(void)
{
	static const char * const words[] = {
		"last insn is not an exit or jmp\n",
		"call to invalid destination\n",
		"jump out of range from insn ",
		"LD_ABS is not allowed in subprogs without BTF\n",
		"calling kernel function ",
	};
	size_t k;

	for (k = 0; k < ARRAY_SIZE(words); k++)
		if (!strncmp(lambda_log, words[k], strlen(words[k])))
			return true;
	return false;
}

/* In the check's words, which tell the instruction and what is wrong. */
static bool refused_alike(const struct sbpf_case *c,
			  const struct sandbox_result *want)
{
	char words[256];

	snprintf(words, sizeof(words), "insn %u: %s\n", want->where, want->why);
	if (strstr(lambda_log, words) || refused_before())
		return true;
	ksft_print_msg("%s: wanted %s", c->name, words);
	ksft_print_msg("%s: got %s\n", c->name, lambda_log);
	return false;
}

/* The drive never gets to see what the kernel refused, unless like this. */
static bool drive_refuses(const struct sbpf_case *c)
{
	static struct {
		struct nvme_lambda_image head;
		struct sbpf_insn insns[CASE_INSNS];
	} image;
	__u32 len = c->len * sizeof(*c->insns), id;

	image.head.insns = c->len;
	memcpy(image.insns, c->insns, len);
	return same("drive's answer", NVME_LAMBDA_SC_PROGRAM_INVALID,
		    load_image(&image, sizeof(image.head) + len, 64 * KIB, &id));
}

/* Whether somebody says something else than the interpreter. */
static bool disagree(const struct sbpf_case *c)
{
	static struct sandbox_result want;
	bool alike;
	int prog;

	sandbox_run(c, SANDBOX_INTERPRETER, &no_limits, &want);
	prog = prog_load((const struct bpf_insn *)c->insns, c->len);
	if (!same("refused", want.refused, prog < 0))
		alike = false;
	else if (want.refused)
		alike = refused_alike(c, &want) &&
			(!with_drive || drive_refuses(c));
	else
		alike = accepted_alike(c, &want, prog);
	if (prog >= 0)
		close(prog);
	if (alike)
		ends_count(&ends, &want);
	return !alike;
}

static void put_input(const struct sbpf_case *c)
{
	if (pwrite(input, c->in.at, c->in.len, c->offset) != c->in.len)
		ksft_exit_fail_msg("input cannot be written: %s\n",
				   strerror(errno));
}

/* For shrink_case(): no λ runs without input, and none is empty. */
static bool still_disagree(const struct sbpf_case *c)
{
	if (!c->in.len || !c->len)
		return false;
	put_input(c);
	return disagree(c);
}

/* A budget that is just enough, or one short of it. */
static void tighten(struct sbpf_case *c, bool short_of_one)
{
	static struct sandbox_result result;

	sandbox_run(c, SANDBOX_INTERPRETER, &no_limits, &result);
	if (!result.refused && result.run.budget_used)
		c->budget = result.run.budget_used - short_of_one;
}

static void make_case(struct sbpf_case *c, __u64 seed, unsigned int part)
{
	generate_case(c, seed);
	if (!c->in.len)
		c->in.len = 1;
	c->offset += part * PART;
	c->frame_len = (c->frame_len + SBPF_PAGE_SIZE - 1) & -SBPF_PAGE_SIZE;
	if (seed % 8 == 0)
		tighten(c, seed >> 8 & 1);
	put_input(c);
}

/* TAP takes no lines that begin like its own. */
static void print_case(struct sbpf_case *c)
{
	static struct sandbox_result result;
	char *text = NULL, *line, *rest;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	sandbox_run(c, SANDBOX_INTERPRETER, &no_limits, &result);
	write_case(file, c, &result);
	fclose(file);
	for (rest = text; (line = strsep(&rest, "\n"));)
		printf("> %s\n", line);
	free(text);
}

/* Return: how many of @nr programs all agree about; fewer are not tried. */
static unsigned int do_batch(__u64 *state, unsigned int nr)
{
	static struct sbpf_case batch[BATCH];
	unsigned int k;

	for (k = 0; k < nr; k++)
		make_case(&batch[k], generate_random(state), k);
	if (fsync(input))
		ksft_exit_fail_msg("fsync: %s\n", strerror(errno));
	for (k = 0; k < nr; k++) {
		if (!disagree(&batch[k]))
			continue;
		shrink_case(&batch[k], still_disagree);
		print_case(&batch[k]);
		break;
	}
	return k;
}

static unsigned long do_programs(unsigned long programs, __u64 seed)
{
	unsigned long n = 0, told = 0;
	__u64 state = seed;
	unsigned int nr;

	while (n < programs) {
		nr = programs - n < BATCH ? programs - n : BATCH;
		if (do_batch(&state, nr) < nr)
			break;
		n += nr;
		if (n - told >= 10000) {
			ksft_print_msg("%lu programs\n", n);
			told = n;
		}
	}
	return n;
}

int main(int argc, char **argv)
{
	unsigned long programs = argc > 3 ? strtoul(argv[3], NULL, 0) : 3000;
	__u64 seed = argc > 4 ? strtoull(argv[4], NULL, 0) : (__u64)time(NULL);
	struct nvme_lambda_grant grant;
	unsigned long n;

	ksft_print_header();
	ksft_set_plan(3);
	if (argc < 3)
		ksft_exit_fail_msg("random_programs host|both DIRECTORY\n");
	with_drive = !strcmp(argv[1], "both");
	/* The disk itself is mounted and cannot be opened as well. */
	ctrl = with_drive ? open(ADMIN, O_RDONLY | O_CLOEXEC) : -1;
	if (with_drive && csd_session(1, CSD_LEASE_MS, &grant))
		ksft_exit_fail_msg("no session with the drive\n");
	input = open(argv[2], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (input < 0)
		ksft_exit_fail_msg("no file in %s: %s\n", argv[2],
				   strerror(errno));
	ksft_print_msg("seed %#llx\n", seed);
	n = do_programs(programs, seed);
	ksft_test_result(n == programs, "%lu random programs, seed %#llx\n",
			 programs, seed);
	ksft_test_result(ends_complete(&ends, n, false), "of every kind\n");
	ksft_print_msg("the drive declined %lu\n", declined);
	ksft_test_result(declined <= n / 100, "the drive declines few\n");
	ksft_finished();
}
