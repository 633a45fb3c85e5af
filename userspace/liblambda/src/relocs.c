// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Reads the relocations of what programs are made of, and finds them again. */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Whether a relocation section changes something that programs are made of. */
static bool reloc_changes_program(const struct lambda_object *obj,
				  const struct lambda_section *section)
{
	if (section->type != SHT_REL && section->type != SHT_RELA)
		return false;
	if (section->info >= obj->nr_sections)
		return false;
	switch (obj->sections[section->info].kind) {
	case LAMBDA_SECTION_CODE:
	case LAMBDA_SECTION_DATA:
	case LAMBDA_SECTION_RODATA:
		return true;
	default:
		return false;
	}
}

/* Counts what there is to read; @seen has a flag for each section. */
static int reloc_check_section(const struct lambda_object *obj,
			       const struct lambda_section *section, bool *seen,
			       size_t *count, const struct lambda_log *log)
{
	const char *target = obj->sections[section->info].name;

	if (section->type == SHT_RELA)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: relocations with addends, which BPF does not have");
	if (section->size % sizeof(Elf64_Rel) || section->link != obj->symtab)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: relocations of section %s",
				     target);
	if (seen[section->info])
		return lambda_refuse(log, -ENOEXEC, obj,
				     "malformed: section %s has relocations twice",
				     target);
	seen[section->info] = true;
	*count += section->size / sizeof(Elf64_Rel);
	if (*count > LAMBDA_RELOCS_MAX)
		return lambda_refuse(log, -EMSGSIZE, obj,
				     "has more than %u relocations",
				     LAMBDA_RELOCS_MAX);
	return 0;
}

static int reloc_check_sections(const struct lambda_object *obj, size_t *count,
				const struct lambda_log *log)
{
	bool *seen = calloc(obj->nr_sections, sizeof(*seen));
	int err = seen ? 0 : -ENOMEM;
	size_t i;

	*count = 0;
	for (i = 1; !err && i < obj->nr_sections; i++)
		if (reloc_changes_program(obj, &obj->sections[i]))
			err = reloc_check_section(obj, &obj->sections[i], seen,
						  count, log);
	free(seen);
	return err;
}

static int reloc_read_section(struct lambda_object *obj,
			      const struct lambda_section *section,
			      const struct lambda_log *log)
{
	const struct lambda_section *target = &obj->sections[section->info];
	size_t count = section->size / sizeof(Elf64_Rel), i;
	Elf64_Rel rel;

	for (i = 0; i < count; i++) {
		struct lambda_reloc *reloc = &obj->relocs[obj->nr_relocs];

		memcpy(&rel, section->bytes + i * sizeof(rel), sizeof(rel));
		if (ELF64_R_SYM(rel.r_info) >= obj->nr_symbols ||
		    rel.r_offset >= target->size)
			return lambda_refuse(log, -ENOEXEC, obj,
					     "malformed: relocation %zu of section %s",
					     i, target->name);
		reloc->section = section->info;
		reloc->offset = rel.r_offset;
		reloc->type = ELF64_R_TYPE(rel.r_info);
		reloc->symbol = &obj->symbols[ELF64_R_SYM(rel.r_info)];
		obj->nr_relocs++;
	}
	return 0;
}

static int reloc_compare(const void *a, const void *b)
{
	const struct lambda_reloc *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

int lambda_relocs_read(struct lambda_object *obj, const struct lambda_log *log)
{
	size_t count, i;
	int err = reloc_check_sections(obj, &count, log);

	if (err || !count)
		return err;
	obj->relocs = calloc(count, sizeof(*obj->relocs));
	if (!obj->relocs)
		return -ENOMEM;
	for (i = 1; !err && i < obj->nr_sections; i++)
		if (reloc_changes_program(obj, &obj->sections[i]))
			err = reloc_read_section(obj, &obj->sections[i], log);
	qsort(obj->relocs, obj->nr_relocs, sizeof(*obj->relocs), reloc_compare);
	return err;
}

static size_t relocs_before(const struct lambda_object *obj, size_t section,
			    __u64 offset)
{
	struct lambda_reloc place = { .section = section, .offset = offset };
	size_t low = 0, high = obj->nr_relocs;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (reloc_compare(&obj->relocs[mid], &place) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct lambda_reloc *lambda_relocs_of(const struct lambda_object *obj,
					    size_t section, __u64 offset,
					    __u64 size, size_t *count)
{
	size_t first = relocs_before(obj, section, offset);

	*count = relocs_before(obj, section, offset + size) - first;
	return *count ? &obj->relocs[first] : NULL;
}
