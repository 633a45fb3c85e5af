// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Reads the symbols, and finds functions, programs and variables among them. */
#include <elf.h>
#include <errno.h>
#include <linux/sbpf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int symbol_read(struct lambda_object *obj, size_t i, const __u8 *bytes,
		       size_t strings, const struct lambda_log *log)
{
	struct lambda_symbol *symbol = &obj->symbols[i];
	Elf64_Sym sym;

	memcpy(&sym, bytes + i * sizeof(sym), sizeof(sym));
	if (sym.st_shndx < SHN_LORESERVE && sym.st_shndx >= obj->nr_sections)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: symbol %zu is in no section",
				     i);
	symbol->type = ELF64_ST_TYPE(sym.st_info);
	symbol->bind = ELF64_ST_BIND(sym.st_info);
	symbol->shndx = sym.st_shndx;
	symbol->value = sym.st_value;
	symbol->size = sym.st_size;
	if (symbol->type == STT_SECTION && sym.st_shndx < SHN_LORESERVE)
		symbol->name = obj->sections[sym.st_shndx].name;
	else
		symbol->name = lambda_elf_string(obj, strings, sym.st_name);
	if (!symbol->name)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: symbol %zu has no name of at most %u bytes",
				     i, LAMBDA_NAME_MAX);
	return 0;
}

static const struct lambda_section *
symbol_table(const struct lambda_object *obj)
{
	size_t i;

	for (i = 1; i < obj->nr_sections; i++)
		if (obj->sections[i].type == SHT_SYMTAB)
			return &obj->sections[i];
	return NULL;
}

static int symbols_read_all(struct lambda_object *obj,
			    const struct lambda_log *log)
{
	const struct lambda_section *table = symbol_table(obj);
	size_t i;
	int err;

	if (!table)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "has no symbol table, so it was stripped of what tells its functions: use llvm-strip -g, which leaves that");
	if (table->size % sizeof(Elf64_Sym))
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: symbol table");
	obj->nr_symbols = table->size / sizeof(Elf64_Sym);
	if (obj->nr_symbols > LAMBDA_SYMBOLS_MAX)
		return lambda_refuse(log, -EMSGSIZE, obj,
				     "has more than %u symbols",
				     LAMBDA_SYMBOLS_MAX);
	err = lambda_elf_strings(obj, table->link, log);
	if (err)
		return err;
	obj->symtab = table - obj->sections;
	obj->symbols = calloc(obj->nr_symbols ?: 1, sizeof(*obj->symbols));
	if (!obj->symbols)
		return -ENOMEM;
	for (i = 0; !err && i < obj->nr_symbols; i++)
		err = symbol_read(obj, i, table->bytes, table->link, log);
	return err;
}

static enum lambda_section_kind symbol_kind(const struct lambda_object *obj,
					    const struct lambda_symbol *sym)
{
	return sym->shndx < obj->nr_sections ? obj->sections[sym->shndx].kind :
					       LAMBDA_SECTION_OTHER;
}

static int symbols_compare(const void *a, const void *b)
{
	const struct lambda_symbol *x = *(const struct lambda_symbol **)a;
	const struct lambda_symbol *y = *(const struct lambda_symbol **)b;

	if (x->shndx != y->shndx)
		return x->shndx < y->shndx ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	/* Aliases in the table's order, so that results do not vary. */
	return x < y ? -1 : x > y;
}

static bool symbol_within_section(const struct lambda_object *obj,
				  const struct lambda_symbol *sym)
{
	__u64 size = obj->sections[sym->shndx].size;

	return sym->value <= size && sym->size <= size - sym->value;
}

static int symbol_check_place(const struct lambda_object *obj,
			      const struct lambda_symbol *sym, bool good,
			      const struct lambda_log *log)
{
	if (good)
		return 0;
	return lambda_refuse(log, -ENOEXEC, obj,
			     "malformed: %s %s has no proper place in section %s",
			     sym->type == STT_FUNC ? "function" : "variable",
			     sym->name, obj->sections[sym->shndx].name);
}

static bool symbol_is_entry(const struct lambda_object *obj,
			    const struct lambda_symbol *sym)
{
	const char *section = obj->sections[sym->shndx].name;

	return sym->bind != STB_LOCAL && (!strcmp(section, "lambda") ||
					  !strncmp(section, "lambda/", 7));
}

static int symbol_add_function(struct lambda_object *obj,
			       const struct lambda_symbol *sym,
			       const struct lambda_log *log)
{
	const size_t insn = sizeof(struct bpf_insn);
	bool good = symbol_within_section(obj, sym) && sym->value % insn == 0 &&
		    sym->size % insn == 0;
	int err = symbol_check_place(obj, sym, good, log);

	if (err)
		return err;
	/* What no call can return from is left empty by an optimiser. */
	if (!sym->size && !symbol_is_entry(obj, sym))
		return 0;
	if (!sym->size)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "program %s has no instructions: no path through it ends",
				     sym->name);
	obj->funcs[obj->nr_funcs++] = sym;
	if (!symbol_is_entry(obj, sym))
		return 0;
	if (obj->nr_entries == LAMBDA_PROGRAMS_MAX)
		return lambda_refuse(log, -EMSGSIZE, obj,
				     "has more than %u programs",
				     LAMBDA_PROGRAMS_MAX);
	obj->entries[obj->nr_entries++] = sym;
	return 0;
}

/*
 * Variables that -fcommon leaves to a linker: they get a section of their own,
 * of zeros, behind those of the file. A common symbol's value is its alignment.
 */
static int symbol_add_common(struct lambda_object *obj,
			     struct lambda_symbol *sym,
			     const struct lambda_log *log)
{
	struct lambda_section *common = &obj->sections[obj->nr_sections];
	__u64 align = sym->value ?: 1;

	if (align & (align - 1) || align > SBPF_PAGE_SIZE)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: an alignment of %llu for '%s'",
				     align, sym->name);
	if (sym->size > SBPF_DATA_MAX || common->size > SBPF_DATA_MAX)
		return lambda_refuse(log, -EMSGSIZE, obj,
				     "variable '%s' has %llu bytes; globals may have 16 MiB in all",
				     sym->name, sym->size);
	common->name = "COMMON";
	common->kind = LAMBDA_SECTION_BSS;
	common->type = SHT_NOBITS;
	if (align > common->align)
		common->align = align;
	sym->shndx = obj->nr_sections;
	sym->value = (common->size + align - 1) & -align;
	common->size = sym->value + sym->size;
	return 0;
}

static int symbol_add_commons(struct lambda_object *obj,
			      const struct lambda_log *log)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < obj->nr_symbols; i++)
		if (obj->symbols[i].shndx == SHN_COMMON)
			err = symbol_add_common(obj, &obj->symbols[i], log);
	obj->nr_sections += !!obj->sections[obj->nr_sections].name;
	return err;
}

static int symbol_add(struct lambda_object *obj,
		      const struct lambda_symbol *sym,
		      const struct lambda_log *log)
{
	switch (symbol_kind(obj, sym)) {
	case LAMBDA_SECTION_CODE:
		return sym->type == STT_FUNC ?
			       symbol_add_function(obj, sym, log) :
			       0;
	case LAMBDA_SECTION_RODATA:
	case LAMBDA_SECTION_DATA:
	case LAMBDA_SECTION_BSS:
		if (sym->type != STT_OBJECT)
			return 0;
		obj->vars[obj->nr_vars++] = sym;
		return symbol_check_place(obj, sym,
					  symbol_within_section(obj, sym), log);
	default:
		return 0;
	}
}

int lambda_symbols_read(struct lambda_object *obj, const struct lambda_log *log)
{
	int err = symbols_read_all(obj, log);
	size_t i;

	if (!err)
		err = symbol_add_commons(obj, log);
	if (err)
		return err;
	obj->funcs = calloc(obj->nr_symbols ?: 1, sizeof(*obj->funcs));
	obj->vars = calloc(obj->nr_symbols ?: 1, sizeof(*obj->vars));
	obj->entries = calloc(LAMBDA_PROGRAMS_MAX, sizeof(*obj->entries));
	if (!obj->funcs || !obj->vars || !obj->entries)
		return -ENOMEM;
	for (i = 0; !err && i < obj->nr_symbols; i++)
		err = symbol_add(obj, &obj->symbols[i], log);
	qsort(obj->funcs, obj->nr_funcs, sizeof(*obj->funcs), symbols_compare);
	return err;
}

/* A function of the object that starts at or before a place: the last one. */
static size_t symbol_functions_up_to(const struct lambda_object *obj,
				     size_t section, __u64 offset)
{
	size_t low = 0, high = obj->nr_funcs;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct lambda_symbol *sym = obj->funcs[mid];

		if (sym->shndx < section ||
		    (sym->shndx == section && sym->value <= offset))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct lambda_symbol *
lambda_symbols_function(const struct lambda_object *obj, size_t section,
			__u64 offset)
{
	size_t count = symbol_functions_up_to(obj, section, offset);
	const struct lambda_symbol *sym = count ? obj->funcs[count - 1] : NULL;

	if (!sym || sym->shndx != section || offset - sym->value >= sym->size)
		return NULL;
	return sym;
}

const struct lambda_symbol *
lambda_symbols_beside(const struct lambda_object *obj, const char *prefix,
		      const char *name)
{
	const size_t len = strlen(prefix);
	const struct lambda_symbol *found = NULL;
	size_t i;

	/* The first of the symbol table, whatever its place is. */
	for (i = 0; i < obj->nr_funcs; i++) {
		const struct lambda_symbol *sym = obj->funcs[i];
		const char *section = obj->sections[sym->shndx].name;

		if (sym->bind != STB_LOCAL && !strncmp(section, prefix, len) &&
		    !strcmp(section + len, name) && (!found || sym < found))
			found = sym;
	}
	return found;
}
