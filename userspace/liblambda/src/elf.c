// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Reads the header and the sections of an object file.
 *
 * Nothing in the file is trusted: what this and symbols.c and relocs.c leave
 * behind has every index and every range checked, so that the rest of the
 * library does not have to.
 */
#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#ifndef EM_BPF
#define EM_BPF 247
#endif

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	      "structures are taken from the file as they are");

static int elf_check_ident(const struct lambda_object *obj,
			   const Elf64_Ehdr *ehdr, const struct lambda_log *log)
{
	const unsigned char *ident = ehdr->e_ident;

	if (!obj->image_size)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "empty, and so not an ELF file");
	if (obj->image_size < EI_NIDENT || memcmp(ident, ELFMAG, SELFMAG))
		return lambda_refuse(log, -ENOEXEC, obj, "not an ELF file");
	if (ident[EI_DATA] == ELFDATA2MSB)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "of the other byte order: big-endian, where λ programs are of clang -target bpf");
	if (obj->image_size < sizeof(*ehdr) ||
	    ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB ||
	    ehdr->e_machine != EM_BPF || ehdr->e_type != ET_REL)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "not an object of clang -target bpf");
	return 0;
}

static bool elf_within(__u64 offset, __u64 size, __u64 limit)
{
	return offset <= limit && size <= limit - offset;
}

/* More sections than the header has a field for are above the limit anyway. */
static int elf_read_header(struct lambda_object *obj, Elf64_Ehdr *ehdr,
			   const struct lambda_log *log)
{
	size_t size = obj->image_size;
	int err;

	memset(ehdr, 0, sizeof(*ehdr));
	memcpy(ehdr, obj->image, size < sizeof(*ehdr) ? size : sizeof(*ehdr));
	err = elf_check_ident(obj, ehdr, log);
	if (err)
		return err;
	if (ehdr->e_shnum > LAMBDA_SECTIONS_MAX ||
	    (!ehdr->e_shnum && ehdr->e_shoff))
		return lambda_refuse(log, -EMSGSIZE, obj,
				     "has more than %u sections",
				     LAMBDA_SECTIONS_MAX);
	if (!ehdr->e_shnum || ehdr->e_shentsize != sizeof(Elf64_Shdr) ||
	    !elf_within(ehdr->e_shoff, ehdr->e_shnum * sizeof(Elf64_Shdr),
			size))
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: table of sections");
	obj->nr_sections = ehdr->e_shnum;
	/* One more may come, for what is in no section of the file. */
	obj->sections = calloc(obj->nr_sections + 1, sizeof(*obj->sections));
	obj->by_name = calloc(obj->nr_sections, sizeof(*obj->by_name));
	return obj->sections && obj->by_name ? 0 : -ENOMEM;
}

static bool elf_has_bytes(const Elf64_Shdr *shdr)
{
	return shdr->sh_type != SHT_NULL && shdr->sh_type != SHT_NOBITS;
}

static int elf_read_section(struct lambda_object *obj, const Elf64_Shdr *shdr,
			    size_t i, const struct lambda_log *log)
{
	struct lambda_section *section = &obj->sections[i];

	section->name = "";
	section->type = shdr->sh_type;
	if (shdr->sh_type == SHT_NULL)
		return 0;
	section->link = shdr->sh_link;
	section->info = shdr->sh_info;
	section->size = shdr->sh_size;
	section->align = shdr->sh_addralign ?: 1;
	if (!elf_has_bytes(shdr))
		return 0;
	if (!elf_within(shdr->sh_offset, shdr->sh_size, obj->image_size))
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: section %zu lies outside the file",
				     i);
	section->bytes = obj->image + shdr->sh_offset;
	return 0;
}

static int elf_compare_places(const void *a, const void *b)
{
	const struct lambda_section *x = *(const struct lambda_section **)a;
	const struct lambda_section *y = *(const struct lambda_section **)b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? -1 : 1;
	return x->size < y->size ? -1 : x->size > y->size;
}

/* One file's worth of bytes is all that there is to be worked on. */
static int elf_check_overlaps(const struct lambda_object *obj,
			      const struct lambda_log *log)
{
	/* Sorted by name only when all have passed. */
	const struct lambda_section **sorted = obj->by_name;
	size_t count = 0, i;

	for (i = 1; i < obj->nr_sections; i++)
		if (obj->sections[i].bytes && obj->sections[i].size)
			sorted[count++] = &obj->sections[i];
	qsort(sorted, count, sizeof(*sorted), elf_compare_places);
	for (i = 1; i < count; i++)
		if (sorted[i]->bytes < sorted[i - 1]->bytes +
				       sorted[i - 1]->size)
			return lambda_refuse(log, -ENOEXEC, obj,
					     "malformed: sections %zu and %zu lie over each other",
					     sorted[i - 1] - obj->sections,
					     sorted[i] - obj->sections);
	return 0;
}

int lambda_elf_strings(const struct lambda_object *obj, size_t table,
		       const struct lambda_log *log)
{
	const struct lambda_section *section;

	section = table < obj->nr_sections ? &obj->sections[table] : NULL;
	if (!section || section->type != SHT_STRTAB ||
	    !section->size || section->bytes[section->size - 1])
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: strings of section %zu",
				     table);
	return 0;
}

const char *lambda_elf_string(const struct lambda_object *obj, size_t table,
			      __u32 offset)
{
	const struct lambda_section *section = &obj->sections[table];
	const char *string = (const char *)section->bytes + offset;

	if (offset >= section->size ||
	    strnlen(string, LAMBDA_NAME_MAX + 1) > LAMBDA_NAME_MAX)
		return NULL;
	return string;
}

static enum lambda_section_kind elf_section_kind(const char *name,
						 const Elf64_Shdr *shdr)
{
	if (!(shdr->sh_flags & SHF_ALLOC))
		return LAMBDA_SECTION_OTHER;
	if (!strcmp(name, ".maps") || !strcmp(name, "maps"))
		return LAMBDA_SECTION_MAPS;
	if (!strncmp(name, ".lambda.", 8) || !strcmp(name, "license") ||
	    !strcmp(name, "version"))
		return LAMBDA_SECTION_OTHER;
	/* Tables of -fasynchronous-unwind-tables, which point to code. */
	if (!strcmp(name, ".eh_frame"))
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

static int elf_name_section(struct lambda_object *obj, const Elf64_Shdr *shdr,
			    size_t i, size_t strings,
			    const struct lambda_log *log)
{
	struct lambda_section *section = &obj->sections[i];
	const char *name = lambda_elf_string(obj, strings, shdr->sh_name);

	if (!name)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: section %zu has no name of at most %u bytes",
				     i, LAMBDA_NAME_MAX);
	section->name = name;
	if (shdr->sh_type != SHT_NULL)
		section->kind = elf_section_kind(name, shdr);
	return 0;
}

/* Of equal names the first section comes first. */
static int elf_compare_names(const void *a, const void *b)
{
	const struct lambda_section *x = *(const struct lambda_section **)a;
	const struct lambda_section *y = *(const struct lambda_section **)b;
	int order = strcmp(x->name, y->name);

	return order ?: x < y ? -1 : x > y;
}

static void elf_sort_by_name(struct lambda_object *obj)
{
	size_t i;

	for (i = 1; i < obj->nr_sections; i++)
		obj->by_name[i - 1] = &obj->sections[i];
	obj->nr_by_name = obj->nr_sections - 1;
	qsort(obj->by_name, obj->nr_by_name, sizeof(*obj->by_name),
	      elf_compare_names);
}

const struct lambda_section *
lambda_elf_section(const struct lambda_object *obj, const char *name)
{
	size_t low = 0, high = obj->nr_by_name;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(obj->by_name[mid]->name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == obj->nr_by_name ||
	    strcmp(obj->by_name[low]->name, name))
		return NULL;
	return obj->by_name[low];
}

static Elf64_Shdr elf_header_of(const struct lambda_object *obj,
				const Elf64_Ehdr *ehdr, size_t i)
{
	Elf64_Shdr shdr;

	memcpy(&shdr, obj->image + ehdr->e_shoff + i * sizeof(shdr),
	       sizeof(shdr));
	return shdr;
}

/* Section 0 is none, and is not looked at. */
int lambda_elf_read(struct lambda_object *obj, const struct lambda_log *log)
{
	Elf64_Ehdr ehdr;
	Elf64_Shdr shdr;
	size_t i;
	int err = elf_read_header(obj, &ehdr, log);

	if (err)
		return err;
	obj->sections[0].name = "";
	for (i = 1; !err && i < obj->nr_sections; i++) {
		shdr = elf_header_of(obj, &ehdr, i);
		err = elf_read_section(obj, &shdr, i, log);
	}
	if (!err)
		err = elf_check_overlaps(obj, log);
	if (!err)
		err = lambda_elf_strings(obj, ehdr.e_shstrndx, log);
	for (i = 1; !err && i < obj->nr_sections; i++) {
		shdr = elf_header_of(obj, &ehdr, i);
		err = elf_name_section(obj, &shdr, i, ehdr.e_shstrndx, log);
	}
	if (!err)
		elf_sort_by_name(obj);
	return err;
}
