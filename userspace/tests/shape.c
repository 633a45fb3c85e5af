// SPDX-License-Identifier: GPL-2.0-only
#include "shape.h"

#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BTF_EXT_MAGIC	0xeb9f

void put(struct bytes *bytes, const void *from, size_t len)
{
	while (bytes->len + len > bytes->room) {
		bytes->room = bytes->room ? bytes->room * 2 : 4096;
		bytes->at = realloc(bytes->at, bytes->room);
		if (!bytes->at) {
			perror("shape");
			exit(1);
		}
	}
	if (len)
		memcpy(bytes->at + bytes->len, from, len);
	bytes->len += len;
}

void put_u32(struct bytes *bytes, unsigned int value)
{
	put(bytes, &value, sizeof(value));
}

size_t put_string(struct bytes *bytes, const char *string)
{
	size_t offset = bytes->len;

	put(bytes, string, strlen(string) + 1);
	return offset;
}

void shape_begin(struct shape *shape)
{
	const Elf64_Shdr none = { 0 };

	memset(shape, 0, sizeof(*shape));
	put_string(&shape->names, "");
	put(&shape->headers, &none, sizeof(none));
	shape->count = 1;
}

Elf64_Shdr *shape_header(struct shape *shape, unsigned int section)
{
	return (Elf64_Shdr *)shape->headers.at + section;
}

unsigned int shape_add(struct shape *shape, const char *name, unsigned int type,
		       unsigned int flags, const void *data, size_t size)
{
	Elf64_Shdr header = {
		.sh_name = put_string(&shape->names, name),
		.sh_type = type,
		.sh_flags = flags,
		.sh_size = size,
		.sh_addralign = 1,
	};

	while (shape->data.len % 8)
		put(&shape->data, "", 1);
	header.sh_offset = sizeof(Elf64_Ehdr) + shape->data.len;
	put(&shape->data, data, size);
	put(&shape->headers, &header, sizeof(header));
	return shape->count++;
}

void shape_repeat(struct shape *shape, unsigned int section, unsigned int count)
{
	for (; count; count--, shape->count++) {
		Elf64_Shdr header = *shape_header(shape, section);

		put(&shape->headers, &header, sizeof(header));
	}
}

unsigned char *shape_end(struct shape *shape, size_t *size)
{
	unsigned int names = shape_add(shape, "", SHT_STRTAB, 0, NULL, 0);
	struct bytes file = { 0 };
	Elf64_Ehdr ehdr = {
		.e_ident = ELFMAG "\2\1\1",
		.e_type = ET_REL,
		.e_machine = 247,
		.e_version = 1,
		.e_ehsize = sizeof(ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = shape->count,
		.e_shstrndx = names,
	};
	Elf64_Shdr *header = shape_header(shape, names);

	header->sh_size = shape->names.len;
	put(&shape->data, shape->names.at, shape->names.len);
	while (shape->data.len % 8)
		put(&shape->data, "", 1);
	ehdr.e_shoff = sizeof(ehdr) + shape->data.len;
	put(&file, &ehdr, sizeof(ehdr));
	put(&file, shape->data.at, shape->data.len);
	put(&file, shape->headers.at, shape->headers.len);
	free(shape->names.at);
	free(shape->data.at);
	free(shape->headers.at);
	*size = file.len;
	return file.at;
}

void put_symbol(struct bytes *symbols, size_t name, unsigned char info,
		unsigned int section, size_t value, size_t size)
{
	Elf64_Sym sym = {
		.st_name = name,
		.st_info = info,
		.st_shndx = section,
		.st_value = value,
		.st_size = size,
	};

	put(symbols, &sym, sizeof(sym));
}

void put_insn(struct bytes *code, unsigned char opcode, unsigned char regs,
	      int imm)
{
	const unsigned char head[4] = { opcode, regs };

	put(code, head, sizeof(head));
	put(code, &imm, sizeof(imm));
}

unsigned int shape_symbols(struct shape *shape, const struct bytes *strings,
			   const struct bytes *symbols)
{
	unsigned int table, names;

	names = shape_add(shape, ".strtab", SHT_STRTAB, 0, strings->at,
			  strings->len);
	table = shape_add(shape, ".symtab", SHT_SYMTAB, 0, symbols->at,
			  symbols->len);
	shape_header(shape, table)->sh_link = names;
	return table;
}

void shape_btf(struct shape *shape, const struct bytes *types,
	       const struct bytes *strings)
{
	const struct btf_header head = {
		.magic = BTF_MAGIC,
		.version = 1,
		.hdr_len = sizeof(head),
		.type_len = types->len,
		.str_off = types->len,
		.str_len = strings->len,
	};
	struct bytes all = { 0 };

	put(&all, &head, sizeof(head));
	put(&all, types->at, types->len);
	put(&all, strings->at, strings->len);
	shape_add(shape, ".BTF", SHT_PROGBITS, 0, all.at, all.len);
	free(all.at);
}

void shape_lines(struct shape *shape, const struct bytes *blocks)
{
	struct bytes all = { 0 };

	put_u32(&all, BTF_EXT_MAGIC | 1 << 16);
	put_u32(&all, 24);
	put_u32(&all, 0);
	put_u32(&all, 0);
	put_u32(&all, 0);
	put_u32(&all, 4 + blocks->len);
	put_u32(&all, 16);
	put(&all, blocks->at, blocks->len);
	shape_add(shape, ".BTF.ext", SHT_PROGBITS, 0, all.at, all.len);
	free(all.at);
}
