// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Links a program: the entry function, then the functions it calls in the
 * order in which they are first called, and calls and addresses resolved.
 */
#include <elf.h>
#include <errno.h>
#include <linux/sbpf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define R_BPF_64_64	1
#define R_BPF_64_32	10

#define INSN_SIZE	sizeof(struct bpf_insn)
#define INSN_CALL	(BPF_JMP | BPF_CALL)
#define INSN_LD_IMM64	(BPF_LD | BPF_DW | BPF_IMM)

/* Functions that clang or a program calls by name, and the helper they are. */
static const struct {
	const char *name;
	enum sbpf_helper id;
} helpers[] = {
	{ "memcpy", SBPF_HELPER_MEMCPY },
	{ "memmove", SBPF_HELPER_MEMMOVE },
	{ "memset", SBPF_HELPER_MEMSET },
	{ "memcmp", SBPF_HELPER_MEMCMP },
	{ "memchr", SBPF_HELPER_MEMCHR },
	{ "memmem", SBPF_HELPER_MEMMEM },
};

/* One function on its way into the program. */
struct piece {
	struct lambda_program *prog;
	const struct lambda_symbol *func;
	struct bpf_insn *insns;		/* the copy */
	__u16 *callees;			/* for each of them */
	size_t count;
	const struct lambda_log *log;
};

static __u64 link_place_of(const struct piece *piece, size_t i)
{
	return piece->func->value + i * INSN_SIZE;
}

/* Like lambda_refuse_at(), for instruction @i of a piece. */
#define refuse_insn(piece, err, i, ...)                                 \
	lambda_refuse_at((piece)->log, err, (piece)->prog->obj,         \
			 (piece)->func->shndx, link_place_of(piece, i), \
			 __VA_ARGS__)

/* Makes room for a function at the end of the program. */
static int link_add_function(struct lambda_program *prog,
			     const struct lambda_symbol *func,
			     const struct lambda_log *log)
{
	size_t count = func->size / INSN_SIZE;
	struct lambda_linked *linked = &prog->funcs[prog->nr_funcs];
	size_t before = prog->obj->nr_linked + prog->count;

	if (prog->nr_funcs == SBPF_FUNCS_MAX)
		return lambda_refuse(log, -EMSGSIZE, prog->obj,
				     "the program has more than %u functions, '%s' being one too many",
				     SBPF_FUNCS_MAX, func->name);
	if (count > SBPF_INSNS_MAX - prog->count)
		return lambda_refuse(log, -EMSGSIZE, prog->obj,
				     "the program has more than %u instructions, function '%s' being too much",
				     SBPF_INSNS_MAX, func->name);
	if (count > LAMBDA_LINKED_MAX - before)
		return lambda_refuse(log, -EMSGSIZE, prog->obj,
				     "its programs have more than %u instructions in all, function '%s' being too much",
				     LAMBDA_LINKED_MAX, func->name);
	linked->symbol = func;
	linked->start = prog->count;
	linked->count = count;
	prog->count += count;
	prog->nr_funcs++;
	return 0;
}

/* Position of a function in the program; it is added if it is new. */
static int link_function_index(struct lambda_program *prog,
			       const struct lambda_symbol *func,
			       const struct lambda_log *log)
{
	size_t k;
	int err;

	for (k = 0; k < prog->nr_funcs; k++)
		if (prog->funcs[k].symbol->shndx == func->shndx &&
		    prog->funcs[k].symbol->value == func->value)
			return k;
	err = link_add_function(prog, func, log);
	return err ?: (int)k;
}

static int link_call_function(struct piece *piece, size_t i, size_t section,
			      __u64 offset)
{
	const struct lambda_symbol *func;
	int k;

	func = lambda_symbols_function(piece->prog->obj, section, offset);
	if (!func || func->value != offset)
		return refuse_insn(piece, -ENOEXEC, i,
				   "calls 0x%llx in section %s, where no function begins",
				   offset,
				   piece->prog->obj->sections[section].name);
	k = link_function_index(piece->prog, func, piece->log);
	if (k < 0)
		return k;
	piece->insns[i].src_reg = BPF_PSEUDO_CALL;
	piece->callees[i] = k + 1;
	return 0;
}

static int link_call_helper(struct piece *piece, size_t i, const char *name)
{
	size_t h;

	for (h = 0; h < sizeof(helpers) / sizeof(*helpers); h++) {
		if (strcmp(name, helpers[h].name))
			continue;
		piece->insns[i].src_reg = 0;
		piece->insns[i].imm = helpers[h].id;
		return 0;
	}
	return refuse_insn(piece, -EOPNOTSUPP, i,
			   "calls '%s', which is neither defined in the object nor a helper: lambda cc has a C library, and links several files",
			   name);
}

static int link_relocate_call(struct piece *piece, size_t i,
			      const struct lambda_reloc *reloc)
{
	const struct lambda_object *obj = piece->prog->obj;
	const struct lambda_symbol *sym = reloc->symbol;

	if (sym->shndx == SHN_UNDEF)
		return link_call_helper(piece, i, sym->name);
	if (sym->shndx >= obj->nr_sections ||
	    obj->sections[sym->shndx].kind != LAMBDA_SECTION_CODE)
		return refuse_insn(piece, -EOPNOTSUPP, i,
				   "calls '%s', which is not a function",
				   sym->name);
	/* As for a call within a section, imm counts from the next one. */
	return link_call_function(piece, i, sym->shndx,
				  sym->value + (piece->insns[i].imm + 1ull) *
						       INSN_SIZE);
}

static int link_relocate_address(struct piece *piece, size_t i,
				 const struct lambda_reloc *reloc)
{
	struct bpf_insn *insn = &piece->insns[i];
	__u64 address, addend;
	int err;

	addend = (__u32)insn[0].imm | (__u64)insn[1].imm << 32;
	err = lambda_data_address(piece->prog->obj, reloc, addend, &address,
				  piece->log);
	if (err)
		return err;
	insn[0].src_reg = 0;
	insn[0].imm = address;
	insn[1].imm = address >> 32;
	return 0;
}

static int link_relocate_insn(struct piece *piece, size_t i,
			      const struct lambda_reloc *reloc)
{
	__u8 code = piece->insns[i].code;

	if (reloc->type == R_BPF_64_32 && code == INSN_CALL)
		return link_relocate_call(piece, i, reloc);
	if (reloc->type == R_BPF_64_64 && code == INSN_LD_IMM64 &&
	    i + 1 < piece->count)
		return link_relocate_address(piece, i, reloc);
	return refuse_insn(piece, -ENOEXEC, i,
			   "relocation of '%s' is of type %u, which does not fit its instruction",
			   reloc->symbol->name, reloc->type);
}

/* A call that needed no relocation, because it stays within its section. */
static int link_plain_call(struct piece *piece, size_t i)
{
	return link_call_function(piece, i, piece->func->shndx,
				  link_place_of(piece, i) +
					  (piece->insns[i].imm + 1ull) *
						  INSN_SIZE);
}

static int link_refuse_half(const struct piece *piece, size_t i)
{
	return refuse_insn(piece, -ENOEXEC, i,
			   "malformed: relocation of half an instruction");
}

/*
 * Resolves one function's calls and addresses. Both instructions and
 * relocations come in the order of their place.
 */
static int link_resolve(struct piece *piece)
{
	const struct lambda_reloc *reloc;
	size_t relocs, i;
	int err = 0;

	reloc = lambda_relocs_of(piece->prog->obj, piece->func->shndx,
				 piece->func->value, piece->func->size,
				 &relocs);
	for (i = 0; i < piece->count && !err; i++) {
		struct bpf_insn *insn = &piece->insns[i];
		bool done = false;

		while (!err && relocs &&
		       reloc->offset < link_place_of(piece, i + 1)) {
			if (done)
				return refuse_insn(piece, -ENOEXEC, i,
						   "malformed: two relocations of one instruction");
			if (reloc->offset != link_place_of(piece, i))
				return link_refuse_half(piece, i);
			err = link_relocate_insn(piece, i, reloc++);
			relocs--;
			done = true;
		}
		if (!err && !done && insn->code == INSN_CALL &&
		    insn->src_reg == BPF_PSEUDO_CALL)
			err = link_plain_call(piece, i);
		if (insn->code == INSN_LD_IMM64)
			i++;
	}
	if (!err && relocs)
		err = link_refuse_half(piece, piece->count - 1);
	return err;
}

static int link_function(struct lambda_program *prog, size_t k,
			 const struct lambda_log *log)
{
	const struct lambda_linked *linked = &prog->funcs[k];
	struct piece piece = {
		.prog = prog,
		.func = linked->symbol,
		.count = linked->count,
		.log = log,
	};
	size_t count = linked->start + linked->count;
	const __u8 *bytes;
	struct bpf_insn *insns;
	__u16 *callees;

	bytes = prog->obj->sections[piece.func->shndx].bytes;
	insns = realloc(prog->insns, count * INSN_SIZE);
	if (!insns)
		return -ENOMEM;
	prog->insns = insns;
	callees = realloc(prog->callees, count * sizeof(*callees));
	if (!callees)
		return -ENOMEM;
	prog->callees = callees;
	piece.insns = insns + linked->start;
	memcpy(piece.insns, bytes + piece.func->value,
	       linked->count * INSN_SIZE);
	piece.callees = callees + linked->start;
	memset(piece.callees, 0, linked->count * sizeof(*callees));
	return link_resolve(&piece);
}

/* Tells calls the distance of their callees, now that all have their place. */
static void link_place_calls(struct lambda_program *prog)
{
	size_t i;

	for (i = 0; i < prog->count; i++) {
		__u16 callee = prog->callees[i];

		if (callee)
			prog->insns[i].imm =
				(int)prog->funcs[callee - 1].start -
				(int)(i + 1);
	}
}

static int link_functions(struct lambda_program *prog,
			  const struct lambda_symbol *entry,
			  const struct lambda_log *log)
{
	int err = link_add_function(prog, entry, log);
	size_t k;

	/* Linking one function may add others behind it. */
	for (k = 0; !err && k < prog->nr_funcs; k++)
		err = link_function(prog, k, log);
	if (!err)
		link_place_calls(prog);
	free(prog->callees);
	prog->callees = NULL;
	return err;
}

int lambda_link(struct lambda_object *obj, const struct lambda_symbol *entry,
		const struct lambda_log *log, struct lambda_program **ret)
{
	struct lambda_program *prog = calloc(1, sizeof(*prog));
	int err = -ENOMEM;

	if (!prog)
		return err;
	prog->obj = obj;
	prog->funcs = calloc(SBPF_FUNCS_MAX, sizeof(*prog->funcs));
	if (prog->funcs)
		err = link_functions(prog, entry, log);
	if (err) {
		lambda_link_free(prog);
		return err;
	}
	obj->nr_linked += prog->count;
	*ret = prog;
	return 0;
}

void lambda_link_free(struct lambda_program *prog)
{
	free(prog->insns);
	free(prog->funcs);
	free(prog);
}

const struct lambda_linked *lambda_link_place(const struct lambda_program *prog,
					      size_t index, __u64 *offset)
{
	const struct lambda_linked *linked = prog->funcs;

	while (index - linked->start >= linked->count)
		linked++;
	*offset = linked->symbol->value + (index - linked->start) * INSN_SIZE;
	return linked;
}
