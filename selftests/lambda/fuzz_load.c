// SPDX-License-Identifier: GPL-2.0-only
/* Programs and handles of fuzz_test: good ones, and what is made of them. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "pass.h"

#define INSNS_MAX	16

/* Copies @len of a segment, both named as in the context, to the output. */
#define COPIER(from, len)						\
	{ CTX(R2, R1, from), CTX(R3, R1, len), CTX(R1, R1, out),	\
	  MOV(R6, R3), CALL(SBPF_HELPER_MEMCPY), MOV(R0, R6), EXIT() }

/* Each ends with its only EXIT. */
static const struct bpf_insn programs[FUZZ_KINDS][INSNS_MAX] = {
	[FUZZ_CTX] = {
		MOV(R2, R1), CTX(R1, R1, out),
		MOVI(R3, sizeof(struct lambda_ctx)), CALL(SBPF_HELPER_MEMCPY),
		MOVI(R0, sizeof(struct lambda_ctx)), EXIT()
	},
	[FUZZ_ARGS] = COPIER(args, args_len),
	[FUZZ_COPY] = COPIER(in, in_len),
	[FUZZ_ERROR] = { MOVI(R0, FUZZ_OWN_ERROR), EXIT() },
	[FUZZ_PEEK] = {
		CTX(R2, R1, args), LDX(BPF_DW, R3, R2, 0),
		LDX(BPF_DW, R0, R3, 0), EXIT()
	},
	[FUZZ_FILL] = {
		CTX(R4, R1, args), CTX(R1, R1, out), MOVI(R2, 0x5a),
		LDX(BPF_DW, R3, R4, 0), LDX(BPF_DW, R6, R4, 8),
		CALL(SBPF_HELPER_MEMSET), MOV(R0, R6), EXIT()
	},
	[FUZZ_LOOP] = {
		CTX(R2, R1, args), LDX(BPF_DW, R3, R2, 0), ADDI(R3, -1),
		JMPI(BPF_JSGT, R3, 0, -2), MOVI(R0, 0), EXIT()
	},
};

static size_t length(const struct bpf_insn *insns)
{
	size_t k = 0;

	while (insns[k].code != (BPF_JMP | BPF_EXIT))
		k++;
	return k + 1;
}

/* Large enough, and below what a request would notice. */
static char globals[64 * KIB];

void load_pool(void)
{
	int k;

	for (k = 0; k < FUZZ_KINDS; k++) {
		pool[k].kind = k;
		/* The default budget takes long to run out of. */
		pool[k].fd = k == FUZZ_LOOP ?
			handle_budget(programs[k], length(programs[k]), 1000) :
			handle(programs[k], length(programs[k]));
		if (pool[k].fd < 0)
			ksft_exit_fail_msg("program %d: %s\n", k,
					   strerror(errno));
	}
}

/* Changes a field, so that most programs still pass the check. */
static void mutate(struct fuzzer *f, struct bpf_insn *insn)
{
	switch (below(f, 5)) {
	case 0:
		insn->code = fuzz_random(f);
		break;
	case 1:
		insn->dst_reg = below(f, 12);
		break;
	case 2:
		insn->src_reg = below(f, 12);
		break;
	case 3:
		insn->off = chance(f, 80) ? (int)below(f, 20) - 10 :
					    (int)fuzz_random(f);
		break;
	default:
		insn->imm = chance(f, 50) ? below(f, 300) : fuzz_random(f);
		break;
	}
}

/* Returns how many instructions it made, 0 now and then. */
static size_t make_program(struct fuzzer *f, struct bpf_insn *insns)
{
	const struct bpf_insn *from = programs[below(f, FUZZ_KINDS)];
	size_t len = length(from);
	int n = below(f, 3);

	memcpy(insns, from, INSNS_MAX * sizeof(*insns));
	while (n--)
		mutate(f, &insns[below(f, len)]);
	return chance(f, 95) ? len : below(f, len);
}

static __u64 random_length(struct fuzzer *f, __u64 limit)
{
	const __u64 near[] = { 0, 1, PAGE, limit };

	return chance(f, 90) ? below(f, 3 * PAGE) :
			       fuzz_number(f, near, ARRAY_SIZE(near));
}

static const void *random_globals(struct fuzzer *f, __u64 len)
{
	return chance(f, 95) && len <= sizeof(globals) ? globals :
							 fuzz_address(f);
}

static void random_attr(struct fuzzer *f, struct lambda_load_attr *attr)
{
	const __u64 near[] = { 0, 1, 1 << 20, SBPF_BUDGET_MAX };

	attr->rodata_len = random_length(f, SBPF_DATA_MAX);
	attr->rodata = (uintptr_t)random_globals(f, attr->rodata_len);
	attr->data_len = random_length(f, SBPF_DATA_MAX);
	attr->data = (uintptr_t)random_globals(f, attr->data_len);
	attr->bss_len = random_length(f, SBPF_DATA_MAX);
	attr->heap_len = random_length(f, SBPF_HEAP_MAX);
	attr->frame_len = chance(f, 95) ? PAGE * below(f, 17) : fuzz_random(f);
	if (chance(f, 50)) {
		attr->flags |= LAMBDA_ATTR_BUDGET;
		attr->budget = chance(f, 90) ? below(f, 1000) :
			       fuzz_number(f, near, ARRAY_SIZE(near));
	}
	if (chance(f, 30))
		attr->record_len = chance(f, 90) ? 1 + below(f, 2 * PAGE) :
				   fuzz_random(f);
	if (attr->record_len && chance(f, 50)) {
		attr->flags |= LAMBDA_ATTR_MERGE;
		attr->merge_fd = attr->prog_fd;
		attr->merge_insns = attr->insns;
		attr->merge_insn_cnt = attr->insn_cnt;
	}
	if (chance(f, 3))
		attr->flags ^= 1u << below(f, 32);
	if (chance(f, 2))
		attr->reserved = fuzz_random(f);
	if (chance(f, 3))
		attr->prog_fd = chance(f, 50) ? pool[0].fd : -1;
}

/* A struct in front of whatever a newer caller might have behind it. */
static int call_load(struct fuzzer *f, const struct lambda_load_attr *attr)
{
	const __u64 near[] = { 0, sizeof(*attr), PAGE };
	const void *at = memcpy(f->io, attr, sizeof(*attr));
	size_t size = sizeof(*attr);
	unsigned int flags = 0;
	int ret;

	memset(f->io + sizeof(*attr), chance(f, 10) ? 1 : 0, 2 * PAGE);
	if (chance(f, 5))
		size = fuzz_number(f, near, ARRAY_SIZE(near));
	if (chance(f, 2))
		at = fuzz_address(f);
	if (chance(f, 2))
		flags = 1u << below(f, 32);
	ret = lambda_load(at, size, flags);
	fuzz_count(FUZZ_LOAD, ret < 0 ? errno : 0);
	return flags ? -1 : ret;
}

/* What is to be told about the program, and where; mostly in good order. */
static void random_insns(struct fuzzer *f, struct lambda_load_attr *attr,
			 const struct bpf_insn *insns, size_t len)
{
	const __u64 near[] = { 0, 1, SBPF_INSNS_MAX };

	attr->flags = LAMBDA_ATTR_INSNS;
	attr->insns = (uintptr_t)(chance(f, 97) ? insns : fuzz_address(f));
	attr->insn_cnt = chance(f, 97) ? len :
			 fuzz_number(f, near, ARRAY_SIZE(near));
	if (chance(f, 30)) {
		attr->log_buf = (uintptr_t)(chance(f, 90) ? f->buf :
							    fuzz_address(f));
		attr->log_size = 1 + below(f, STEADY);
	}
	if (chance(f, 2))
		attr->reserved2 = fuzz_random(f);
}

/* A program, and a handle of it, for somebody else to run. */
void load_something(struct fuzzer *f)
{
	struct bpf_insn insns[INSNS_MAX];
	size_t len = make_program(f, insns);
	struct lambda_load_attr attr = {};
	int prog = -1, fd;

	if (loads_insns() || chance(f, 50)) {
		random_insns(f, &attr, insns, len);
	} else {
		prog = prog_load(insns, len);
		attr.prog_fd = prog;
	}
	random_attr(f, &attr);
	fd = call_load(f, &attr);
	if (fd >= 0) {
		if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			fuzz_wrong("a handle stays open at execve");
		pass_descriptor(handles_out, fd, MSG_DONTWAIT);
		close(fd);
	}
	if (prog >= 0)
		close(prog);
}
