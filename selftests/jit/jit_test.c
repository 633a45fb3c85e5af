// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's JIT for λs, in a process: the objects that the kernel links, with
 * code that has the processor's faults, and the thunks that these go to.
 *
 * Whatever the drive's interpreter says of a program, what the JIT made of it
 * must say as well: how it ends, where a fault was and whether of a write, what
 * was paid, and every byte. So for each case of firmware/tests/sbpf and for
 * random programs, with constants hidden or not; and for each rule of the JIT
 * there is what it makes of a few instructions.
 *
 * Usage: jit_test CASES [programs [seed]]
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

#include "generate.h"
#include "glue.h"
#include "insn.h"
#include "kernel_code.h"
#include "patterns.h"
#include "sandbox.h"
#include "shrink.h"
#include "test.h"

#define CODE_SIZE	(16u << 20)
#define GUARD		0x10000
#define PAGE		4096

/* Hidden constants or not, and a quantum that ends in the midst of loops. */
static const struct way {
	const char *name;
	int blind, bmi2;
	unsigned int quantum;
} ways[] = {
	{ "plain", 0, 1, 65536 },
	{ "short of ticks", 0, 1, 3 },
	{ "blinded", 1, 1, 65536 },
	{ "without BMI2", 0, 0, 65536 },
};

static const struct way *way;
static const struct sbpf_case *current;
static struct sandbox_limits limits = {
	.max_insns = SBPF_INSNS_UNLIMITED,
	.max_helper_bytes = SBPF_BYTES_UNLIMITED,
};

static void *code_mem;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	if (glue_fault((long long *)uc->uc_mcontext.gregs,
		       uc->uc_mcontext.gregs[REG_ERR],
		       (unsigned long)info->si_addr)) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

static int translate(const struct sbpf_program *program)
{
	unsigned int starts[GLUE_FUNCS + 1], k;
	const struct sbpf_check *check = &program->check;

	for (k = 0; k < check->nr_funcs; k++)
		starts[k] = check->funcs[k].start;
	starts[k] = check->len;
	glue_init(code_mem, CODE_SIZE, way->bmi2);
	return glue_compile(check->insns, check->len, starts, k, way->blind);
}

static void run_kernel(struct sbpf_run *run, const struct sbpf_shape *shape)
{
	__u8 *hdr = run->window->base - GUARD;
	struct glue_result res;
	struct sigaction action = {
		.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	if (mprotect(hdr, PAGE, PROT_READ | PROT_WRITE) ||
	    translate(run->program)) {
		printf("# %s cannot be translated\n", current->name);
		exit(1);
	}
	memset(hdr, 0, PAGE);
	kernel_window_set(hdr, run->window, shape, 65536 / way->quantum);
	sigaction(SIGSEGV, &action, NULL);
	res = glue_run(hdr, run->budget, way->quantum);
	run->status = res.status;
	run->retval = res.retval;
	run->fault_addr = res.fault_addr;
	run->fault_write = res.fault_write;
	run->budget_used = res.budget_used;
	run->helper_bytes = res.helper_bytes;
	if (run->status != LAMBDA_STATUS_OK)
		return;
	if (run->retval < 0)
		run->status = LAMBDA_STATUS_ERROR;
	else if ((__u32)run->retval > shape->out_cap)
		run->status = LAMBDA_STATUS_BAD_LENGTH;
}

static bool same_as_kernel(const struct sandbox_result *want,
			   const struct sandbox_result *got)
{
	struct sandbox_result a = *want, b = *got;

	/* These the kernel does not count. */
	a.run.where = 0;
	b.run.where = 0;
	a.run.insns = 0;
	b.run.insns = 0;
	a.run.max_insns = 0;
	b.run.max_insns = 0;
	return sandbox_same(&a, &b);
}

static bool differs_this_way(const struct sbpf_case *c)
{
	static struct sandbox_result want, got;

	current = c;
	sandbox_run(c, SANDBOX_INTERPRETER, &limits, &want);
	if (want.refused)
		return false;
	sandbox_run_by(c, run_kernel, &got);
	return !same_as_kernel(&want, &got);
}

static bool differs(const struct sbpf_case *c)
{
	for (way = ways; way < ways + ARRAY_SIZE(ways); way++)
		if (differs_this_way(c)) {
			printf("# %s, %s\n", c->name, way->name);
			return true;
		}
	return false;
}

static void report(struct sbpf_case *c, __u64 seed)
{
	static struct sandbox_result result;
	char name[64];
	FILE *file;

	shrink_case(c, differs_this_way);
	sandbox_run(c, SANDBOX_INTERPRETER, &limits, &result);
	snprintf(name, sizeof(name), "jit-%llx.data", seed);
	file = fopen(name, "w");
	if (!file)
		return;
	write_case(file, c, &result);
	fclose(file);
	printf("# %u instructions left, see %s\n", c->len, name);
}

static void do_file(const char *dir, const char *name)
{
	static struct sbpf_case c;
	char path[4096];
	struct case_file f = { .name = path };
	unsigned int n = 0, wrong = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f.file = fopen(path, "re");
	if (!f.file)
		case_die(&f, "cannot be opened");
	for (; case_next(&f, &c); n++)
		wrong += differs(&c);
	fclose(f.file);
	test_ok(n && !wrong, "%s: %u cases", name, n);
}

static void do_files(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (dot && !strcmp(dot, ".data"))
			do_file(path, entry->d_name);
	}
	if (dir)
		closedir(dir);
}

static void do_random(unsigned long programs, __u64 seed)
{
	static struct sbpf_case c;
	__u64 state = seed, one;
	unsigned long n;

	printf("# seed %#llx\n", seed);
	for (n = 0; n < programs; n++) {
		one = generate_random(&state);
		if (n % 2)
			pattern_case(&c, one);
		else
			generate_case(&c, one);
		if (differs(&c)) {
			report(&c, one);
			break;
		}
	}
	test_ok(n == programs, "%lu random programs, seed %#llx", programs,
		seed);
}

#define RULE_INSNS	6

/*
 * A few instructions, after which all registers are read, and what is made of
 * them; with constants hidden or not. r1 is an address in the output, r2 to r5
 * are numbers.
 */
static const struct rule_code {
	const char *name;
	struct sbpf_insn insns[RULE_INSNS];
	const char *code;	/* in hex */
	int blind;		/* so, too; -1: not then */
} rule_codes[] = {
	{ "a load that extends the sign",
	  { INSN(0x61, 3, 1, 4, 0), INSN(0x67, 3, 0, 0, 32),
	    INSN(0xc7, 3, 0, 0, 32) },
	  "4189fb 4b63542304" },
	{ "an extension of the sign",
	  { INSN(0x67, 3, 0, 0, 32), INSN(0xc7, 3, 0, 0, 32) }, "4863d2" },
	{ "an extension with zeros",
	  { INSN(0x67, 3, 0, 0, 32), INSN(0x77, 3, 0, 0, 32) }, "89d2" },
	{ "a select out of line",
	  { INSN(0x2d, 3, 4, 1, 0), INSN(0xbf, 3, 4, 0, 0) },
	  "4839ca 0f86", 1 },
	{ "an update by a register",
	  { INSN(0x79, 3, 1, 8, 0), INSN(0x0f, 3, 2, 0, 0),
	    INSN(0x7b, 1, 3, 8, 0), INSN(0xb7, 3, 0, 0, 0) },
	  "4189fb 4b01742308", 1 },
	{ "an update by a constant",
	  { INSN(0x71, 3, 1, 8, 0), INSN(0x57, 3, 0, 0, 15),
	    INSN(0x73, 1, 3, 8, 0), INSN(0xb7, 3, 0, 0, 0) },
	  "4189fb 43806423080f" },
	{ "a compare",
	  { INSN(0x71, 3, 1, 0, 0), INSN(0x15, 3, 0, 1, 44),
	    INSN(0xb7, 4, 0, 0, 5), INSN(0xb7, 3, 0, 0, 0) },
	  "4189fb 43807c23002c 0f84" },
	{ "an operand in memory",
	  { INSN(0x79, 3, 1, 0, 0), INSN(0x0f, 4, 3, 0, 0),
	    INSN(0xb7, 3, 0, 0, 0) },
	  "4189fb 4b034c2300", 1 },
	{ "a sum", { INSN(0xbf, 5, 3, 0, 0), INSN(0x0f, 5, 4, 0, 0) },
	  "4c8d040a", 1 },
	{ "a sum that is an address",
	  { INSN(0x67, 4, 0, 0, 2), INSN(0xbf, 5, 3, 0, 0),
	    INSN(0x0f, 5, 4, 0, 0), INSN(0x71, 4, 5, 0, 0),
	    INSN(0xb7, 5, 0, 0, 0) },
	  "448d1c8a", -1 },
	{ "a constant behind the code",
	  { INSN(0x18, 3, 0, 0, 0x12345678), INSN(0, 0, 0, 0, 0x7f563412),
	    INSN(0x5f, 4, 3, 0, 0), INSN(0xb7, 3, 0, 0, 0) },
	  "48230d", -1 },
	{ "a base that is held",
	  { INSN(0x71, 3, 1, 0, 0), INSN(0x71, 4, 1, 1, 0) },
	  "4189fb 430fb6542300 430fb64c2301", 1 },
	{ "a base that moves on",
	  { INSN(0x71, 3, 1, 0, 0), INSN(0x07, 1, 0, 0, 8),
	    INSN(0x71, 4, 1, 1, 0) },
	  "4189fb 430fb6542300 4883c708 430fb64c2309" },
	{ "another base",
	  { INSN(0xbf, 2, 1, 0, 0), INSN(0x71, 3, 1, 0, 0),
	    INSN(0x71, 4, 2, 1, 0) },
	  "4189fb 430fb6542300 4189f2 430fb64c2201", -1 },
	{ "a count by the carry",
	  { INSN(0xb7, 3, 0, 0, 0), INSN(0x55, 3, 0, -1, 0) },
	  "4983e901 0f82", 1 },
};

static __u32 rule_program(const struct rule_code *rule, struct sbpf_insn *to)
{
	__u32 n = 0, k;

	to[n++] = THE(ALU32(SBPF_MOV, 1, (__s32)SBPF_OUT_BASE));
	for (k = 2; k <= 5; k++)
		to[n++] = THE(INSN(0xb7, k, 0, 0, (__s32)k));
	for (k = 0; k < RULE_INSNS && (rule->insns[k].code || k); k++) {
		if (!rule->insns[k].code && rule->insns[k - 1].code != 0x18)
			break;
		to[n++] = rule->insns[k];
	}
	to[n++] = THE(INSN(0xbf, 0, 1, 0, 0));
	for (k = 2; k <= 5; k++)
		to[n++] = THE(INSN(0x0f, 0, k, 0, 0));
	to[n++] = THE(INSN(0x95, 0, 0, 0, 0));
	return n;
}

static bool rule_shows(const struct rule_code *rule)
{
	static __u32 scratch[128];
	static struct sbpf_program program;
	struct sbpf_insn insns[32];
	char code[4096], want[128];
	const unsigned char *at;
	unsigned int len, k, n = 0;

	if (sbpf_program_init(&program, insns, rule_program(rule, insns),
			      scratch) || translate(&program))
		return false;
	at = glue_code(0, &len);
	for (k = 0; k < len && k < sizeof(code) / 2 - 1; k++)
		sprintf(code + 2 * k, "%02x", at[k]);
	for (k = 0; rule->code[k]; k++)
		if (rule->code[k] != ' ')
			want[n++] = rule->code[k];
	want[n] = 0;
	if (strstr(code, want))
		return true;
	if (rule->blind >= 0)
		printf("# %s\n", code);
	return false;
}

static void do_rules(void)
{
	const struct rule_code *rule;

	for (rule = rule_codes; rule < rule_codes + ARRAY_SIZE(rule_codes);
	     rule++) {
		way = &ways[0];
		test_ok(rule_shows(rule), "code of %s", rule->name);
		way = &ways[2];
		if (rule->blind)
			test_ok(rule_shows(rule) == (rule->blind > 0),
				"code of %s, blinded", rule->name);
	}
}

int main(int argc, char **argv)
{
	unsigned long programs = argc > 2 ? strtoul(argv[2], NULL, 0) : 2000;
	__u64 seed = argc > 3 ? strtoull(argv[3], NULL, 0) : (__u64)time(NULL);

	code_mem = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (code_mem == MAP_FAILED || argc < 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	do_rules();
	do_files(argv[1]);
	do_random(programs, seed);
	return test_done();
}
