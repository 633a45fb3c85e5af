// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * All engines on random programs: whatever the interpreter says of one, both
 * kinds of translated code must say as well, every counter and every byte.
 *
 * Usage: diff_test [programs [seed]]
 *
 * A program on which they differ is made as small as it goes and written to
 * diff-SEED.data in the current folder: keep it in tests/sbpf, under a name
 * that says what was wrong.
 */
#include <time.h>

#include "ends.h"
#include "generate.h"
#include "insn.h"
#include "shrink.h"
#include "test.h"

static struct sandbox_limits limits;
static struct ends ends;

/* Whether the engines disagree. */
static bool differs(const struct sbpf_case *c)
{
	static struct sandbox_result a, b;
	int engine;

	sandbox_run(c, SANDBOX_INTERPRETER, &limits, &a);
	for (engine = 1; engine < SANDBOX_ENGINES; engine++) {
		sandbox_run(c, engine, &limits, &b);
		if (!sandbox_same(&a, &b)) {
			printf("# %s, interpreter and %s\n", c->name,
			       sandbox_names[engine]);
			return true;
		}
	}
	ends_count(&ends, &a);
	return false;
}

static void report(struct sbpf_case *c, __u64 seed)
{
	static struct sandbox_result result;
	char name[64];
	FILE *file;

	shrink_case(c, differs);
	sandbox_run(c, SANDBOX_INTERPRETER, &limits, &result);
	snprintf(name, sizeof(name), "diff-%llx.data", seed);
	file = fopen(name, "w");
	if (!file)
		return;
	fprintf(file, "# %s-License-Identifier: %s\n", "SPDX",
		"GPL-2.0-only OR BSD-2-Clause");
	if (limits.max_insns != SBPF_INSNS_UNLIMITED)
		fprintf(file, "# with max_insns %llu\n",
			limits.max_insns);
	if (limits.max_helper_bytes != SBPF_BYTES_UNLIMITED)
		fprintf(file, "# with max_helper_bytes %llu\n",
			limits.max_helper_bytes);
	write_case(file, c, &result);
	fclose(file);
	printf("# %u instructions left, see %s\n", c->len, name);
}

int main(int argc, char **argv)
{
	unsigned long programs = argc > 1 ? strtoul(argv[1], NULL, 0) : 2000;
	__u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (__u64)time(NULL);
	static struct sbpf_case c;
	__u64 state = seed, one;
	unsigned long n;

	printf("# seed %#llx\n", seed);
	for (n = 0; n < programs; n++) {
		one = generate_random(&state);
		generate_case(&c, one);
		limits.max_insns = one % 8 ? SBPF_INSNS_UNLIMITED : one >> 8 & 1023;
		limits.max_helper_bytes = one % 8 != 1 ? SBPF_BYTES_UNLIMITED :
					  one >> 8 & 1023;
		if (differs(&c)) {
			report(&c, one);
			break;
		}
	}
	test_ok(n == programs, "%lu random programs, seed %#llx", programs,
		seed);
	test_ok(ends_complete(&ends, n, true), "of every kind");
	return test_done();
}
