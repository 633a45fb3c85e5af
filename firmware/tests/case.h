/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Instruction cases: programs, what they are given, and how they must end.
 *
 * The files tests/sbpf/ *.data are run by the tests of every runtime, so this
 * reader needs nothing but a C library. A file is text. A '#' that begins a
 * line or follows a space starts a remark; empty lines are skipped. Numbers
 * are decimal or, with 0x, hexadecimal; bytes are pairs of hexadecimal digits
 * with spaces between them wherever that helps. Every other line is a word and
 * its operands:
 *
 *	case NAME		starts a case; the rest of the line names it
 *	insn CODE DST SRC OFF IMM	next instruction, CODE in hexadecimal
 *	in BYTES		input, appended to what there is
 *	args BYTES		arguments, likewise
 *	rodata BYTES		.rodata, likewise
 *	data BYTES		.data, likewise
 *	bss N			zero bytes after .data
 *	heap N			bytes of heap
 *	frame N			bytes of stack frame; one page unless said
 *	offset N		file offset of the input
 *	out N			capacity of the output; 64 unless said
 *	budget N		backward jumps; 1000 unless said
 *
 * and what must come of it:
 *
 *	refused WHERE MESSAGE	by the load-time check, at this instruction
 *	ok N			ends well and returns N
 *	output BYTES		the first N bytes of output, appended
 *	error N			returns N, less than 0
 *	bad-length N		returns N, more than there is room for
 *	fault read|write ADDR	touches ADDR
 *	over-budget		as it says
 *	insns N			instructions executed
 *	used N			backward jumps and helper costs paid
 *	helped N		bytes that helpers were charged for
 *
 * The first six exclude each other and one is needed; counters that are not
 * given are not compared.
 */
#ifndef CASE_H
#define CASE_H

#include <linux/lambda_check.h>
#include <linux/sbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE_INSNS	8192
#define CASE_BYTES	16384
#define CASE_REFUSED	100	/* beside enum lambda_status */
#define CASE_UNSET	101

struct case_bytes {
	__u32 len;
	__u8 at[CASE_BYTES];
};

struct sbpf_case {
	char name[128];
	struct sbpf_insn insns[CASE_INSNS];
	__u32 len;
	struct case_bytes in, args, rodata, data;
	__u64 offset, out_cap, heap_len, bss_len, frame_len, budget;

	__u32 status;		/* enum lambda_status or CASE_REFUSED */
	__s64 value;		/* returned, or where refused */
	char why[128];
	struct case_bytes out;
	__s64 fault_addr;
	bool fault_write;
	bool has_insns, has_used, has_helped;
	__u64 nr_insns, used, helped;
};

struct case_file {
	FILE *file;
	const char *name;
	unsigned int line;
	char next[128];		/* name of the case that was begun, or "" */
};

/* Quits: a case file that cannot be read is nothing to go on from. */
static inline void case_die(const struct case_file *f, const char *what)
{
	fprintf(stderr, "%s:%u: %s\n", f->name, f->line, what);
	exit(2);
}

static inline int case_hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

static inline void case_read_bytes(const struct case_file *f, const char *s,
				   struct case_bytes *bytes)
{
	for (; *s; s++) {
		if (*s == ' ')
			continue;
		if (case_hex(s[0]) < 0 || case_hex(s[1]) < 0)
			case_die(f, "bytes are pairs of digits 0-9 and a-f");
		if (bytes->len == CASE_BYTES)
			case_die(f, "too many bytes");
		bytes->at[bytes->len++] = case_hex(s[0]) << 4 | case_hex(s[1]);
		s++;
	}
}

/* Reads a number and moves on past the spaces behind it. */
static inline __s64 case_number(const struct case_file *f, const char **s)
{
	char *end;
	__s64 n = **s == '-' ? strtoll(*s, &end, 0) :
		  (__s64)strtoull(*s, &end, 0);

	if (end == *s || (*end && *end != ' '))
		case_die(f, "a number is missing or malformed");
	*s = end + strspn(end, " ");
	return n;
}

static inline void case_read_insn(const struct case_file *f, const char *s,
				  struct sbpf_case *c)
{
	struct sbpf_insn *insn = &c->insns[c->len];
	char *end;
	__s64 regs;

	if (c->len++ == CASE_INSNS)
		case_die(f, "too many instructions");
	insn->code = (__u8)strtoul(s, &end, 16);
	s = end + strspn(end, " ");
	regs = case_number(f, &s) & 15;
	regs |= (case_number(f, &s) & 15) << 4;
	insn->regs = (__u8)regs;
	insn->off = (__s16)case_number(f, &s);
	insn->imm = (__s32)case_number(f, &s);
}

/* What a case is given. */
static inline bool case_read_input(const struct case_file *f, const char *word,
				   const char *s, struct sbpf_case *c)
{
	if (!strcmp(word, "insn"))
		case_read_insn(f, s, c);
	else if (!strcmp(word, "in"))
		case_read_bytes(f, s, &c->in);
	else if (!strcmp(word, "args"))
		case_read_bytes(f, s, &c->args);
	else if (!strcmp(word, "rodata"))
		case_read_bytes(f, s, &c->rodata);
	else if (!strcmp(word, "data"))
		case_read_bytes(f, s, &c->data);
	else if (!strcmp(word, "bss"))
		c->bss_len = case_number(f, &s);
	else if (!strcmp(word, "heap"))
		c->heap_len = case_number(f, &s);
	else if (!strcmp(word, "frame"))
		c->frame_len = case_number(f, &s);
	else if (!strcmp(word, "offset"))
		c->offset = case_number(f, &s);
	else if (!strcmp(word, "out"))
		c->out_cap = case_number(f, &s);
	else if (!strcmp(word, "budget"))
		c->budget = case_number(f, &s);
	else
		return false;
	return true;
}

static inline void case_copy(const struct case_file *f, const char *s,
			     char *to, size_t size)
{
	if (strlen(s) >= size)
		case_die(f, "too long");
	memcpy(to, s, strlen(s) + 1);
}

static inline void case_read_end(const struct case_file *f, const char *s,
				 __u32 status, struct sbpf_case *c)
{
	c->status = status;
	c->value = case_number(f, &s);
	if (status == CASE_REFUSED)
		case_copy(f, s, c->why, sizeof(c->why));
}

static inline void case_read_fault(const struct case_file *f, const char *s,
				   struct sbpf_case *c)
{
	c->status = LAMBDA_STATUS_FAULT;
	c->fault_write = !strncmp(s, "write ", 6);
	if (!c->fault_write && strncmp(s, "read ", 5))
		case_die(f, "a fault is a read or a write");
	s += c->fault_write ? 6 : 5;
	c->fault_addr = case_number(f, &s);
}

/* What must come of it. */
static inline bool case_read_result(const struct case_file *f,
				    const char *word, const char *s,
				    struct sbpf_case *c)
{
	if (!strcmp(word, "refused"))
		case_read_end(f, s, CASE_REFUSED, c);
	else if (!strcmp(word, "ok"))
		case_read_end(f, s, LAMBDA_STATUS_OK, c);
	else if (!strcmp(word, "error"))
		case_read_end(f, s, LAMBDA_STATUS_ERROR, c);
	else if (!strcmp(word, "bad-length"))
		case_read_end(f, s, LAMBDA_STATUS_BAD_LENGTH, c);
	else if (!strcmp(word, "over-budget"))
		c->status = LAMBDA_STATUS_OVER_BUDGET;
	else if (!strcmp(word, "fault"))
		case_read_fault(f, s, c);
	else if (!strcmp(word, "output"))
		case_read_bytes(f, s, &c->out);
	else if (!strcmp(word, "insns"))
		c->nr_insns = case_number(f, &s), c->has_insns = true;
	else if (!strcmp(word, "used"))
		c->used = case_number(f, &s), c->has_used = true;
	else if (!strcmp(word, "helped"))
		c->helped = case_number(f, &s), c->has_helped = true;
	else
		return false;
	return true;
}

/* Next line without remark and spaces at its end; false at end of file. */
static inline bool case_line(struct case_file *f, char *line, size_t size)
{
	while (fgets(line, size, f->file)) {
		char *end = line[0] == '#' ? line : strstr(line, " #");

		f->line++;
		if (!end)
			end = line + strlen(line);
		while (end > line && strchr(" \t\n", end[-1]))
			end--;
		*end = 0;
		if (*line)
			return true;
	}
	return false;
}

/* Reads the next case into @c. False when there are no more. */
static inline bool case_next(struct case_file *f, struct sbpf_case *c)
{
	char line[65536], *operands;

	if (!f->next[0] && case_line(f, line, sizeof(line))) {
		if (strncmp(line, "case ", 5))
			case_die(f, "a file begins with a case");
		case_copy(f, line + 5, f->next, sizeof(f->next));
	}
	if (!f->next[0])
		return false;
	memset(c, 0, sizeof(*c));
	memcpy(c->name, f->next, sizeof(c->name));
	f->next[0] = 0;
	c->out_cap = 64;
	c->budget = 1000;
	c->status = CASE_UNSET;
	while (case_line(f, line, sizeof(line))) {
		operands = line + strcspn(line, " ");
		if (*operands)
			*operands++ = 0;
		if (!strcmp(line, "case")) {
			case_copy(f, operands, f->next, sizeof(f->next));
			break;
		}
		if (!case_read_input(f, line, operands, c) &&
		    !case_read_result(f, line, operands, c))
			case_die(f, "this word is not known");
	}
	if (c->status == CASE_UNSET)
		case_die(f, "the case before this line says no result");
	return true;
}

#endif /* CASE_H */
