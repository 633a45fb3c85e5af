// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Every case of tests/sbpf, and of CASES, which has generated ones, on every
 * engine. Run in the folder above.
 */
#include <dirent.h>

#include "sandbox.h"
#include "test.h"

static bool as_expected(const struct sbpf_case *c,
			const struct sandbox_result *r)
{
	if (c->status == CASE_REFUSED || r->refused)
		return r->refused && c->status == CASE_REFUSED &&
		       r->where == c->value && !strcmp(r->why, c->why);
	if (r->run.status != c->status)
		return false;
	if (c->status == LAMBDA_STATUS_FAULT)
		return r->run.fault_addr == c->fault_addr &&
		       r->run.fault_write == c->fault_write;
	return r->run.retval == c->value && !r->run.fault_addr &&
	       !r->run.fault_write;
}

static bool counts_as_expected(const struct sbpf_case *c,
			       const struct sandbox_result *r)
{
	if (c->has_insns && r->run.insns != c->nr_insns)
		return false;
	if (c->has_helped && r->run.helper_bytes != c->helped)
		return false;
	return !c->has_used || r->run.budget_used == c->used;
}

static void say(const struct sandbox_result *r)
{
	__s32 k;

	if (r->refused) {
		printf("# refused %u %s\n", r->where, r->why);
		return;
	}
	printf("# status %u, returned %d, fault %s %#llx\n", r->run.status,
	       r->run.retval, r->run.fault_write ? "write" : "read",
	       (__u64)r->run.fault_addr);
	printf("# insns %llu, used %llu, helped %llu\n# output ",
	       r->run.insns, r->run.budget_used, r->run.helper_bytes);
	for (k = 0; k < r->run.retval && k < 256; k++)
		printf("%02x", r->out[k]);
	printf("\n");
}

static void run_case(const char *file, const struct sbpf_case *c)
{
	static const struct sandbox_limits none = {
		.max_insns = SBPF_INSNS_UNLIMITED,
		.max_helper_bytes = SBPF_BYTES_UNLIMITED,
	};
	static struct sandbox_result r;
	int engine;

	for (engine = 0; engine < SANDBOX_ENGINES; engine++) {
		bool good;

		sandbox_run(c, engine, &none, &r);
		good = as_expected(c, &r) && counts_as_expected(c, &r) &&
		       !memcmp(c->out.at, r.out, c->out.len);
		if (!test_ok(good, "%s: %s: %s", file, c->name,
			     sandbox_names[engine]))
			say(&r);
	}
}

static void run_file(const char *folder, const char *name)
{
	static struct sbpf_case c;
	char path[4096];
	struct case_file f = { .name = path };

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f.file = fopen(path, "r");
	if (!f.file)
		case_die(&f, "cannot be opened");
	while (case_next(&f, &c))
		run_case(name, &c);
	fclose(f.file);
}

static void run_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned int before = test_count;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (dot && !strcmp(dot, ".data"))
			run_file(folder, entry->d_name);
	}
	test_ok(test_count > before, "there are cases in %s", folder);
	if (dir)
		closedir(dir);
}

int main(void)
{
	if (!SBPF_TRANSLATES)
		puts("# interpreted only");
	run_folder("tests/sbpf");
	run_folder(CASES);
	return test_done();
}
