/* SPDX-License-Identifier: GPL-2.0-only */
/* Object files that no compiler makes, built section by section. */
#ifndef LAMBDA_TESTS_SHAPE_H
#define LAMBDA_TESTS_SHAPE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes that grow; the test ends where there is no memory for them. */
struct bytes {
	unsigned char *at;
	size_t len, room;
};

void put(struct bytes *bytes, const void *from, size_t len);
void put_u32(struct bytes *bytes, unsigned int value);
/* Puts a string with its NUL; returns its offset. */
size_t put_string(struct bytes *bytes, const char *string);

struct shape {
	struct bytes names;	/* of sections */
	struct bytes data;	/* of sections, one behind the other */
	struct bytes headers;
	unsigned int count;	/* of sections, with the first, which is none */
};

void shape_begin(struct shape *shape);

/* Adds a section over bytes of its own; returns its index. */
unsigned int shape_add(struct shape *shape, const char *name, unsigned int type,
		       unsigned int flags, const void *data, size_t size);

/* The header of a section, until another is added. */
Elf64_Shdr *shape_header(struct shape *shape, unsigned int section);

/* Adds headers equal to that of a section, over the same bytes. */
void shape_repeat(struct shape *shape, unsigned int section,
		  unsigned int count);

/* The file, to be freed; @shape is done with. */
unsigned char *shape_end(struct shape *shape, size_t *size);

/* Parts that many shapes have. */
void put_symbol(struct bytes *symbols, size_t name, unsigned char info,
		unsigned int section, size_t value, size_t size);
void put_insn(struct bytes *code, unsigned char opcode, unsigned char regs,
	      int imm);

/* Adds .strtab and .symtab; returns the index of the latter. */
unsigned int shape_symbols(struct shape *shape, const struct bytes *strings,
			   const struct bytes *symbols);

/* Adds .BTF with @types and @strings, and .BTF.ext with these lines. */
void shape_btf(struct shape *shape, const struct bytes *types,
	       const struct bytes *strings);
void shape_lines(struct shape *shape, const struct bytes *blocks);

#endif /* LAMBDA_TESTS_SHAPE_H */
