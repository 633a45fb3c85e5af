// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Reads sections, symbols and relocations.
 *
 * Nothing in the file is trusted: what this leaves behind has every index and
 * every range checked, so that the rest of the library does not have to.
 */
#include <errno.h>
#include <gelf.h>
#include <linux/sbpf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#ifndef EM_BPF
#define EM_BPF 247
#endif

static int read_header(struct lambda_object *obj, size_t size,
		       const struct lambda_log *log)
{
	GElf_Ehdr ehdr;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return lambda_refuse(log, -ENOEXEC, obj, "libelf is too old");
	obj->elf = elf_memory(obj->image, size);
	if (!obj->elf || elf_kind(obj->elf) != ELF_K_ELF ||
	    !gelf_getehdr(obj->elf, &ehdr))
		return lambda_refuse(log, -ENOEXEC, obj, "not an ELF file");
	if (ehdr.e_machine != EM_BPF || ehdr.e_type != ET_REL ||
	    ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "not an object of clang -target bpf");
	if (elf_getshdrnum(obj->elf, &obj->nr_sections))
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: %s", elf_errmsg(-1));
	return 0;
}

static enum lambda_section_kind section_kind(const char *name,
					     const GElf_Shdr *shdr)
{
	if (!(shdr->sh_flags & SHF_ALLOC))
		return LAMBDA_SECTION_OTHER;
	if (!strcmp(name, ".maps") || !strcmp(name, "maps"))
		return LAMBDA_SECTION_MAPS;
	if (!strcmp(name, ".lambda.options") || !strcmp(name, "license") ||
	    !strcmp(name, "version"))
		return LAMBDA_SECTION_OTHER;
	if (shdr->sh_type == SHT_NOBITS)
		return LAMBDA_SECTION_BSS;
	if (shdr->sh_flags & SHF_EXECINSTR)
		return LAMBDA_SECTION_CODE;
	/* Constant once it is relocated, which the program never sees done. */
	if (!strncmp(name, ".data.rel.ro", 12))
		return LAMBDA_SECTION_RODATA;
	return shdr->sh_flags & SHF_WRITE ? LAMBDA_SECTION_DATA :
					    LAMBDA_SECTION_RODATA;
}

static int read_section(struct lambda_object *obj, size_t i, size_t strings,
			size_t file_size, const struct lambda_log *log)
{
	struct lambda_section *section = &obj->sections[i];
	Elf_Scn *scn = elf_getscn(obj->elf, i);
	GElf_Shdr shdr;

	if (!scn || !gelf_getshdr(scn, &shdr))
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: section %zu: %s", i,
				     elf_errmsg(-1));
	section->name = elf_strptr(obj->elf, strings, shdr.sh_name);
	if (!section->name)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: section %zu has no name", i);
	section->kind = section_kind(section->name, &shdr);
	section->size = shdr.sh_size;
	section->align = shdr.sh_addralign ?: 1;
	if (shdr.sh_type == SHT_NOBITS)
		return 0;
	if (shdr.sh_offset > file_size ||
	    shdr.sh_size > file_size - shdr.sh_offset)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: section %s lies outside the file",
				     section->name);
	section->bytes = (__u8 *)obj->image + shdr.sh_offset;
	return 0;
}

static int read_sections(struct lambda_object *obj, size_t file_size,
			 const struct lambda_log *log)
{
	size_t strings, i;
	int err;

	if (elf_getshdrstrndx(obj->elf, &strings))
		return lambda_refuse(log, -ENOEXEC, obj, "malformed: %s",
				     elf_errmsg(-1));
	obj->sections = calloc(obj->nr_sections ?: 1, sizeof(*obj->sections));
	if (!obj->sections)
		return -ENOMEM;
	/* Section 0 is none. */
	if (obj->nr_sections)
		obj->sections[0].name = "";
	for (i = 1; i < obj->nr_sections; i++) {
		err = read_section(obj, i, strings, file_size, log);
		if (err)
			return err;
	}
	return 0;
}

static int read_symbol(struct lambda_object *obj, size_t i, Elf_Data *data,
		       size_t strings, const struct lambda_log *log)
{
	struct lambda_symbol *symbol = &obj->symbols[i];
	GElf_Sym sym;

	if (!gelf_getsym(data, i, &sym) ||
	    (sym.st_shndx < SHN_LORESERVE && sym.st_shndx >= obj->nr_sections))
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: symbol %zu is in no section",
				     i);
	symbol->type = GELF_ST_TYPE(sym.st_info);
	symbol->bind = GELF_ST_BIND(sym.st_info);
	symbol->shndx = sym.st_shndx;
	symbol->value = sym.st_value;
	symbol->size = sym.st_size;
	if (symbol->type == STT_SECTION && sym.st_shndx < SHN_LORESERVE)
		symbol->name = obj->sections[sym.st_shndx].name;
	else
		symbol->name = elf_strptr(obj->elf, strings, sym.st_name);
	if (!symbol->name)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: symbol %zu has no name", i);
	return 0;
}

/* The section of type @type after @scn. */
static Elf_Scn *next_of_type(struct lambda_object *obj, Elf_Scn *scn,
			     __u32 type, GElf_Shdr *shdr)
{
	while ((scn = elf_nextscn(obj->elf, scn)))
		if (gelf_getshdr(scn, shdr) && shdr->sh_type == type)
			return scn;
	return NULL;
}

static int read_symbols(struct lambda_object *obj, const struct lambda_log *log)
{
	GElf_Shdr shdr;
	Elf_Scn *scn = next_of_type(obj, NULL, SHT_SYMTAB, &shdr);
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	size_t i;
	int err;

	if (!scn)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: no symbol table");
	/* Not shdr.sh_size: what gelf_getsym() will find is what counts. */
	obj->nr_symbols = data ? data->d_size / sizeof(Elf64_Sym) : 0;
	obj->symbols = calloc(obj->nr_symbols ?: 1, sizeof(*obj->symbols));
	if (!obj->symbols)
		return -ENOMEM;
	for (i = 0; i < obj->nr_symbols; i++) {
		err = read_symbol(obj, i, data, shdr.sh_link, log);
		if (err)
			return err;
	}
	return 0;
}

static bool is_code(const struct lambda_object *obj,
		    const struct lambda_symbol *sym)
{
	return sym->shndx < obj->nr_sections &&
	       obj->sections[sym->shndx].kind == LAMBDA_SECTION_CODE;
}

static int compare_functions(const void *a, const void *b)
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

static int check_function(const struct lambda_object *obj,
			  const struct lambda_symbol *sym,
			  const struct lambda_log *log)
{
	size_t size = obj->sections[sym->shndx].size;
	const size_t insn = sizeof(struct bpf_insn);

	if (sym->value > size || sym->size > size - sym->value ||
	    sym->value % insn || sym->size % insn || !sym->size)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: function %s has no proper place in section %s",
				     sym->name,
				     obj->sections[sym->shndx].name);
	return 0;
}

static int read_functions(struct lambda_object *obj,
			  const struct lambda_log *log)
{
	size_t i;
	int err;

	obj->funcs = calloc(obj->nr_symbols ?: 1, sizeof(*obj->funcs));
	if (!obj->funcs)
		return -ENOMEM;
	for (i = 0; i < obj->nr_symbols; i++) {
		const struct lambda_symbol *sym = &obj->symbols[i];

		if (sym->type != STT_FUNC || !is_code(obj, sym))
			continue;
		err = check_function(obj, sym, log);
		if (err)
			return err;
		obj->funcs[obj->nr_funcs++] = sym;
	}
	qsort(obj->funcs, obj->nr_funcs, sizeof(*obj->funcs),
	      compare_functions);
	return 0;
}

/* A function of the object that starts at or before a place: the last one. */
static size_t functions_up_to(const struct lambda_object *obj, size_t section,
			      __u64 offset)
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
lambda_elf_function(const struct lambda_object *obj, size_t section,
		    __u64 offset)
{
	size_t count = functions_up_to(obj, section, offset);
	const struct lambda_symbol *sym = count ? obj->funcs[count - 1] : NULL;

	if (!sym || sym->shndx != section || offset - sym->value >= sym->size)
		return NULL;
	return sym;
}

/* Section of a global function, or no name at all. */
static const char *function_section(const struct lambda_object *obj,
				    const struct lambda_symbol *sym)
{
	if (sym->type != STT_FUNC || sym->bind == STB_LOCAL ||
	    !is_code(obj, sym))
		return "";
	return obj->sections[sym->shndx].name;
}

bool lambda_is_entry(const struct lambda_object *obj,
		     const struct lambda_symbol *sym)
{
	const char *section = function_section(obj, sym);

	return !strcmp(section, "lambda") || !strncmp(section, "lambda/", 7);
}

const struct lambda_symbol *
lambda_elf_merge(const struct lambda_object *obj, const char *name)
{
	static const char prefix[] = "lambda.merge/";
	const size_t len = sizeof(prefix) - 1;
	size_t i;

	for (i = 0; i < obj->nr_symbols; i++) {
		const char *section = function_section(obj, &obj->symbols[i]);

		if (!strncmp(section, prefix, len) &&
		    !strcmp(section + len, name))
			return &obj->symbols[i];
	}
	return NULL;
}

const struct lambda_section *
lambda_elf_section(const struct lambda_object *obj, const char *name)
{
	size_t i;

	for (i = 1; i < obj->nr_sections; i++)
		if (!strcmp(obj->sections[i].name, name))
			return &obj->sections[i];
	return NULL;
}

/* Whether a relocation section changes something that programs are made of. */
static bool changes_program(const struct lambda_object *obj,
			    const GElf_Shdr *shdr)
{
	const struct lambda_section *target;

	if (shdr->sh_info >= obj->nr_sections)
		return false;
	target = &obj->sections[shdr->sh_info];
	return target->kind == LAMBDA_SECTION_CODE ||
	       target->kind == LAMBDA_SECTION_DATA ||
	       target->kind == LAMBDA_SECTION_RODATA;
}

static int read_reloc(struct lambda_object *obj, size_t section, Elf_Data *data,
		      size_t i, const struct lambda_log *log)
{
	struct lambda_reloc *reloc = &obj->relocs[obj->nr_relocs];
	GElf_Rel rel;

	if (!gelf_getrel(data, i, &rel) ||
	    GELF_R_SYM(rel.r_info) >= obj->nr_symbols ||
	    rel.r_offset >= obj->sections[section].size)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: relocation %zu of section %s",
				     i, obj->sections[section].name);
	reloc->section = section;
	reloc->offset = rel.r_offset;
	reloc->type = GELF_R_TYPE(rel.r_info);
	reloc->symbol = &obj->symbols[GELF_R_SYM(rel.r_info)];
	obj->nr_relocs++;
	return 0;
}

static int read_reloc_section(struct lambda_object *obj, Elf_Scn *scn,
			      size_t section, const struct lambda_log *log)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t count = data ? data->d_size / sizeof(Elf64_Rel) : 0, i;
	struct lambda_reloc *bigger;
	int err;

	bigger = realloc(obj->relocs,
			 (obj->nr_relocs + count + 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	obj->relocs = bigger;
	for (i = 0; i < count; i++) {
		err = read_reloc(obj, section, data, i, log);
		if (err)
			return err;
	}
	return 0;
}

static int compare_relocs(const void *a, const void *b)
{
	const struct lambda_reloc *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int read_relocs(struct lambda_object *obj, const struct lambda_log *log)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	int err;

	while ((scn = next_of_type(obj, scn, SHT_RELA, &shdr)))
		if (changes_program(obj, &shdr))
			return lambda_refuse(log, -ENOEXEC, obj,
					     "malformed: relocations with addends, which BPF does not have");
	while ((scn = next_of_type(obj, scn, SHT_REL, &shdr))) {
		if (!changes_program(obj, &shdr))
			continue;
		err = read_reloc_section(obj, scn, shdr.sh_info, log);
		if (err)
			return err;
	}
	if (obj->nr_relocs)
		qsort(obj->relocs, obj->nr_relocs, sizeof(*obj->relocs),
		      compare_relocs);
	return 0;
}

static size_t relocs_before(const struct lambda_object *obj, size_t section,
			    __u64 offset)
{
	struct lambda_reloc place = { .section = section, .offset = offset };
	size_t low = 0, high = obj->nr_relocs;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_relocs(&obj->relocs[mid], &place) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct lambda_reloc *
lambda_elf_relocs(const struct lambda_object *obj, size_t section,
		  __u64 offset, __u64 size, size_t *count)
{
	size_t first = relocs_before(obj, section, offset);

	*count = relocs_before(obj, section, offset + size) - first;
	return *count ? &obj->relocs[first] : NULL;
}

int lambda_elf_read(struct lambda_object *obj, size_t size,
		    const struct lambda_log *log)
{
	int err;

	err = read_header(obj, size, log);
	if (!err)
		err = read_sections(obj, size, log);
	if (!err)
		err = read_symbols(obj, log);
	if (!err)
		err = read_functions(obj, log);
	if (!err)
		err = read_relocs(obj, log);
	return err;
}
