// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every instruction case of firmware/tests/sbpf in the kernel: its translator
 * is held to the same files as the interpreter and the translator of the
 * firmware. Not among the kernel's own selftests because the files are not.
 *
 * Usage: cases_test [DIRECTORY]
 */
#include <dirent.h>

#include "case.h"
#include "lambda/common.h"

/* Where the case's programs read their input from. */
static int input;

static bool prepare(const struct sbpf_case *c)
{
	/* Without a byte of input no λ runs; this one nobody asks for. */
	static const char none[1];
	const void *bytes = c->in.len ? (const void *)c->in.at : none;
	size_t len = c->in.len ?: 1;

	return !ftruncate(input, 0) &&
	       pwrite(input, bytes, len, c->offset) == (ssize_t)len;
}

static int load_case(const struct sbpf_case *c, __u64 budget)
{
	const struct lambda_load_attr attr = {
		.flags = LAMBDA_ATTR_BUDGET,
		.rodata = (uintptr_t)c->rodata.at,
		.rodata_len = c->rodata.len,
		.data = (uintptr_t)c->data.at,
		.data_len = c->data.len,
		.bss_len = c->bss_len,
		.heap_len = c->heap_len,
		.budget = budget,
		.frame_len = (c->frame_len + SBPF_PAGE_SIZE - 1) &
			     -SBPF_PAGE_SIZE,
	};

	return handle_attr((const struct bpf_insn *)c->insns, c->len, &attr);
}

/* Runs the case with some budget. The output, where there is one, is @out. */
static struct lambda_io run_case(const struct sbpf_case *c, __u64 budget,
				 char *out)
{
	struct lambda_io io = io_for(c->out_cap, c->args.at, c->args.len);
	int lambda = load_case(c, budget);

	lambda_pread(input, out, c->in.len ?: 1, c->offset, lambda, &io);
	close(lambda);
	return io;
}

static bool ends_as_expected(const struct sbpf_case *c,
			     const struct lambda_io *io)
{
	if (io->result.status != c->status)
		return false;
	if (c->status == LAMBDA_STATUS_FAULT)
		return io->result.fault_addr == c->fault_addr &&
		       io->result.fault_write == c->fault_write;
	return io->result.retval == c->value && !io->result.fault_addr &&
	       !io->result.fault_write;
}

/* What the kernel tells of the budget and of helpers. */
static bool counts_as_expected(const struct sbpf_case *c,
			       const struct lambda_io *io)
{
	return (!c->has_used || io->result.budget_used == c->used) &&
	       (!c->has_helped || io->result.helper_bytes == c->helped);
}

/* With as much as that it ends well, with a unit less it does not. */
static bool costs_as_expected(const struct sbpf_case *c, char *out)
{
	struct lambda_io io;

	if (!c->has_used || c->status == LAMBDA_STATUS_OVER_BUDGET)
		return true;
	io = run_case(c, c->used, out);
	if (!ends_as_expected(c, &io))
		return false;
	if (!c->used)
		return true;
	io = run_case(c, c->used - 1, out);
	return io.result.status == LAMBDA_STATUS_OVER_BUDGET;
}

/* By the check's words, or those of bpf(2) for what that looks for itself. */
static bool is_refused(const struct sbpf_case *c)
{
	static const char own[] = "last insn is not an exit or jmp\n";
	int fd = prog_load((const struct bpf_insn *)c->insns, c->len);
	char want[256];

	if (fd >= 0) {
		close(fd);
		return false;
	}
	snprintf(want, sizeof(want), "insn %lld: %s\n", c->value, c->why);
	if (errno == EINVAL &&
	    (strstr(lambda_log, want) || !strncmp(lambda_log, own, strlen(own))))
		return true;
	ksft_print_msg("refused otherwise: %s\n", lambda_log);
	return false;
}

static bool is_as_expected(const struct sbpf_case *c)
{
	char *out = calloc(1, c->out_cap ?: 1);
	struct lambda_io io;
	bool good;

	if (!out || !prepare(c))
		ksft_exit_fail_msg("%s cannot be prepared\n", c->name);
	io = run_case(c, c->budget, out);
	good = ends_as_expected(c, &io) && counts_as_expected(c, &io) &&
	       !memcmp(out, c->out.at, c->out.len);
	if (!good)
		ksft_print_msg("status %u, returned %d, fault %s %#llx, used %llu, helped %llu\n",
			       io.result.status, io.result.retval,
			       io.result.fault_write ? "write" : "read",
			       io.result.fault_addr, io.result.budget_used,
			       io.result.helper_bytes);
	good = good && costs_as_expected(c, out);
	free(out);
	return good;
}

/* Runs the file's cases, or only counts them. */
static unsigned int do_file(const char *dir, const char *name, bool run)
{
	static struct sbpf_case c;
	char path[512];
	struct case_file f = { .name = path };
	unsigned int n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f.file = fopen(path, "r");
	if (!f.file)
		case_die(&f, "cannot be opened");
	for (n = 0; case_next(&f, &c); n++) {
		if (!run)
			continue;
		ksft_test_result(c.status == CASE_REFUSED ? is_refused(&c) :
							    is_as_expected(&c),
				 "%s: %s\n", name, c.name);
	}
	fclose(f.file);
	return n;
}

static unsigned int do_files(const char *path, bool run)
{
	struct dirent *entry;
	unsigned int n = 0;
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (dot && !strcmp(dot, ".data"))
			n += do_file(path, entry->d_name, run);
	}
	if (dir)
		closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "cases";
	unsigned int n;

	ksft_print_header();
	n = do_files(path, false);
	if (!n)
		ksft_exit_fail_msg("there are no cases in %s\n", path);
	ksft_set_plan(n);
	input = memfd_create("input", MFD_CLOEXEC);
	do_files(path, true);
	ksft_finished();
}
