// SPDX-License-Identifier: GPL-2.0-only
/*
 * As much of the kernel as its JIT needs to translate λs in a process. Compiled
 * with the flags and headers of the kernel whose objects it is linked with.
 */
#include <linux/bpf.h>
#include <linux/bpf_lambda.h>
#include <linux/bpf_verifier.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <asm/current.h>
#include <asm/nops.h>
#include <asm/trapnr.h>

#include "glue.h"

#define HEAP_SIZE	(64ul << 20)

static u8 heap[HEAP_SIZE] __aligned(64);
static size_t heap_used;
static u8 *code_mem;
static size_t code_len, code_used;
static struct bpf_prog *funcs[GLUE_FUNCS];
static unsigned int nr_funcs;
static u32 random = 1;

struct cpuinfo_x86 boot_cpu_data;
static struct task_struct task;
struct pcpu_hot glue_hot __asm__("const_pcpu_hot") = { .current_task = &task };

/* What is looked at, and matters to nothing. */
void *glue_caches[256] __asm__("kmalloc_caches");
int glue_cfi __asm__("cfi_mode");
long glue_key[8] __asm__("memcg_bpf_enabled_key");

bool cpu_wants_rethunk(void)
{
	return false;
}

const unsigned char * const x86_nops[ASM_NOP_MAX + 1] = {
	NULL,
	(const u8 []) { BYTES_NOP1 },
	(const u8 []) { BYTES_NOP2 },
	(const u8 []) { BYTES_NOP3 },
	(const u8 []) { BYTES_NOP4 },
	(const u8 []) { BYTES_NOP5 },
	(const u8 []) { BYTES_NOP6 },
	(const u8 []) { BYTES_NOP7 },
	(const u8 []) { BYTES_NOP8 },
	(const u8 []) { BYTES_NOP9 },
	(const u8 []) { BYTES_NOP10 },
	(const u8 []) { BYTES_NOP11 },
};

asm(".text\n"
	".globl __x86_return_thunk, __fentry__\n"
	"__x86_return_thunk: ret; int3\n"
	"__fentry__: ret; int3\n"
	".globl __x86_indirect_thunk_array\n"
	"__x86_indirect_thunk_rax: .globl __x86_indirect_thunk_rax\n"
	"jmp *%rax\n");

/* Memory is taken back all at once, before the next program. */
static void *glue_alloc(size_t size)
{
	void *p = heap + heap_used;

	heap_used += ALIGN(size, 64);
	if (heap_used > HEAP_SIZE)
		return NULL;
	return memset(p, 0, size);
}

void *glue_kmalloc(size_t size, gfp_t flags) __asm__("__kmalloc_noprof");
void *glue_kmalloc(size_t size, gfp_t flags)
{
	return glue_alloc(size);
}

void *glue_kvmalloc(size_t size, gfp_t flags, int node)
	__asm__("__kvmalloc_node_noprof");
void *glue_kvmalloc(size_t size, gfp_t flags, int node)
{
	return glue_alloc(size);
}

void *glue_cache(void *cache, gfp_t flags, size_t size)
	__asm__("__kmalloc_cache_noprof");
void *glue_cache(void *cache, gfp_t flags, size_t size)
{
	return glue_alloc(size);
}

void *glue_vmalloc(unsigned long size, gfp_t flags) __asm__("__vmalloc_noprof");
void *glue_vmalloc(unsigned long size, gfp_t flags)
{
	return glue_alloc(size);
}

void kfree(const void *p)
{
}

void kvfree(const void *p)
{
}

int __cond_resched(void)
{
	return 0;
}

u32 get_random_u32(void)
{
	random = random * 1664525 + 1013904223;
	return random;
}

struct bpf_prog *bpf_jit_blind_constants(struct bpf_prog *prog)
{
	if (!prog->blinding_requested || prog->blinded)
		return prog;
	return bpf_lambda_blind(prog);
}

void bpf_jit_prog_release_other(struct bpf_prog *fp, struct bpf_prog *other)
{
}

u64 bpf_arena_get_kern_vm_start(struct bpf_arena *arena)
{
	return 0;
}

u64 bpf_arena_get_user_vm_start(struct bpf_arena *arena)
{
	return 0;
}

void bpf_prog_fill_jited_linfo(struct bpf_prog *prog, const u32 *to)
{
}

struct bpf_binary_header *
bpf_jit_binary_pack_alloc(unsigned int proglen, u8 **ro_image,
			  unsigned int alignment,
			  struct bpf_binary_header **rw_header, u8 **rw_image,
			  bpf_jit_fill_hole_t fill, bool was_classic)
{
	u8 *at = code_mem + code_used;

	code_used += ALIGN(proglen + 8, 64);
	if (code_used > code_len)
		return NULL;
	memset(at, 0xcc, ALIGN(proglen + 8, 64));
	*rw_header = (void *)at;
	*ro_image = *rw_image = at + offsetof(struct bpf_binary_header, image);
	return (void *)at;
}

int bpf_jit_binary_pack_finalize(struct bpf_binary_header *ro,
				 struct bpf_binary_header *rw)
{
	return 0;
}

void glue_init(void *mem, unsigned long len, int bmi2)
{
	code_mem = mem;
	code_len = len;
	if (bmi2)
		set_bit(X86_FEATURE_BMI2, (unsigned long *)boot_cpu_data.x86_capability);
	else
		clear_bit(X86_FEATURE_BMI2, (unsigned long *)boot_cpu_data.x86_capability);
}

static bool glue_is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) &&
	       insn->src_reg == BPF_PSEUDO_CALL;
}

static struct bpf_prog *glue_function(const struct bpf_insn *insns,
				      const unsigned int *starts,
				      unsigned int k, unsigned int nr, int blind)
{
	unsigned int len = starts[k + 1] - starts[k], i, f;
	struct bpf_prog *prog = glue_alloc(bpf_prog_size(len));

	if (!prog)
		return NULL;
	prog->aux = glue_alloc(sizeof(*prog->aux));
	if (!prog->aux)
		return NULL;
	prog->len = len;
	memcpy(prog->insnsi, insns + starts[k], len * sizeof(*insns));
	for (i = 0; i < len; i++) {
		struct bpf_insn *insn = &prog->insnsi[i];
		unsigned int to = starts[k] + i + 1 + insn->imm;

		if (!glue_is_call(insn))
			continue;
		for (f = 0; starts[f] != to; f++)
			if (f == nr)
				return NULL;
		insn->off = f;
		insn->imm = 1;
	}
	prog->type = BPF_PROG_TYPE_LAMBDA;
	prog->is_func = 1;
	prog->jit_requested = 1;
	prog->blinding_requested = blind;
	prog->aux->func_idx = k;
	return prog;
}

int glue_compile(const void *insns, unsigned int len,
		 const unsigned int *starts, unsigned int nr, int blind)
{
	unsigned int k, i;

	heap_used = 0;
	code_used = 0;
	nr_funcs = nr;
	for (k = 0; k < nr; k++) {
		funcs[k] = glue_function(insns, starts, k, nr, blind);
		if (!funcs[k])
			return -1;
		funcs[k] = bpf_int_jit_compile(funcs[k]);
		if (!funcs[k]->jited)
			return -1;
	}
	for (k = 0; k < nr; k++)
		for (i = 0; i < funcs[k]->len; i++) {
			struct bpf_insn *insn = &funcs[k]->insnsi[i];

			if (glue_is_call(insn))
				insn->imm = BPF_CALL_IMM(funcs[insn->off]->bpf_func);
		}
	for (k = 0; k < nr; k++)
		if (bpf_int_jit_compile(funcs[k]) != funcs[k] ||
		    !funcs[k]->jited)
			return -1;
	return 0;
}

const unsigned char *glue_code(unsigned int func, unsigned int *len)
{
	*len = funcs[func]->jited_len;
	return (const unsigned char *)funcs[func]->bpf_func;
}

struct glue_result glue_run(void *mem, unsigned long long budget,
			    unsigned int quantum)
{
	s32 (*func)(struct bpf_lambda_header *hdr, const void *insns) =
		(void *)funcs[0]->bpf_func;
	struct bpf_lambda_header *hdr = mem;
	struct glue_result res = {};

	hdr->status = LAMBDA_STATUS_OK;
	hdr->error = 0;
	hdr->helper_bytes = 0;
	hdr->ticks = min_t(unsigned long long, budget, quantum);
	hdr->budget = budget - hdr->ticks;
	res.retval = func(hdr, NULL);
	res.status = hdr->status;
	res.budget_used = hdr->status == LAMBDA_STATUS_OVER_BUDGET ? budget :
			  budget - hdr->budget - max((s64)hdr->ticks, 0);
	res.helper_bytes = hdr->helper_bytes;
	if (res.status != LAMBDA_STATUS_OK)
		res.retval = 0;
	if (res.status == LAMBDA_STATUS_FAULT) {
		res.fault_addr = hdr->fault_addr;
		res.fault_write = hdr->fault_write;
	}
	return res;
}

static const struct exception_table_entry *glue_find(unsigned long ip)
{
	unsigned int k, i;

	for (k = 0; k < nr_funcs; k++)
		for (i = 0; i < funcs[k]->aux->num_exentries; i++) {
			struct exception_table_entry *ex =
				&funcs[k]->aux->extable[i];

			if ((unsigned long)&ex->insn + ex->insn == ip)
				return ex;
		}
	return NULL;
}

int glue_fault(long long *g, unsigned long error, unsigned long addr)
{
	struct pt_regs regs = {
		.r8 = g[0], .r9 = g[1], .r10 = g[2], .r11 = g[3], .r12 = g[4],
		.r13 = g[5], .r14 = g[6], .r15 = g[7], .di = g[8], .si = g[9],
		.bp = g[10], .bx = g[11], .dx = g[12], .ax = g[13], .cx = g[14],
		.sp = g[15], .ip = g[16],
	};
	const struct exception_table_entry *ex = glue_find(regs.ip);

	if (!ex)
		return -1;
	ex_handler_bpf_lambda(ex, &regs, X86_TRAP_PF, error, addr);
	g[16] = regs.ip;
	return 0;
}
