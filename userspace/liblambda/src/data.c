// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Lays out the globals: constants from SBPF_DATA_BASE on, the rest from the
 * next page on, zeros last. Everything has its address from then on, so that
 * code and tables of pointers hold plain numbers.
 */
#include <elf.h>
#include <errno.h>
#include <linux/sbpf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define R_BPF_64_ABS64	2
#define R_BPF_64_ABS32	3

static __u64 data_round_up(__u64 n, __u64 align)
{
	return (n + align - 1) / align * align;
}

static int data_check_section(const struct lambda_object *obj,
			      const struct lambda_section *section,
			      const struct lambda_log *log)
{
	if (section->align & (section->align - 1) ||
	    section->align > SBPF_PAGE_SIZE)
		return lambda_refuse(log, -ENOEXEC, obj,
				     "section %s: an alignment of %llu is not a power of two up to 4096",
				     section->name, section->align);
	if (section->size > SBPF_DATA_MAX)
		return lambda_refuse(log, -EMSGSIZE, obj,
				     "section %s has %llu bytes; globals may have 16 MiB in all",
				     section->name, section->size);
	return 0;
}

/* Gives the sections of one kind their addresses, from @start on. */
static int data_place_kind(struct lambda_object *obj,
			   enum lambda_section_kind kind, __u64 start,
			   __u64 *end, const struct lambda_log *log)
{
	size_t i;
	int err;

	*end = start;
	for (i = 1; i < obj->nr_sections; i++) {
		struct lambda_section *section = &obj->sections[i];

		if (section->kind != kind)
			continue;
		err = data_check_section(obj, section, log);
		if (err)
			return err;
		*end = data_round_up(*end, section->align);
		section->address = *end;
		*end += section->size;
		if (*end - SBPF_DATA_BASE > SBPF_DATA_MAX)
			return lambda_refuse(log, -EMSGSIZE, obj,
					     "has more than 16 MiB of globals");
	}
	return 0;
}

static __u8 *data_copy_kind(const struct lambda_object *obj,
			    enum lambda_section_kind kind, __u64 start,
			    __u64 size)
{
	__u8 *image = calloc(1, size ?: 1);
	size_t i;

	for (i = 1; image && i < obj->nr_sections; i++) {
		const struct lambda_section *section = &obj->sections[i];

		if (section->kind == kind && section->size)
			memcpy(image + (section->address - start),
			       section->bytes, section->size);
	}
	return image;
}

static int data_copy_images(struct lambda_object *obj, __u64 data)
{
	struct lambda_load_attr *attr = &obj->attr;
	__u8 *rodata = data_copy_kind(obj, LAMBDA_SECTION_RODATA,
				      SBPF_DATA_BASE, attr->rodata_len);

	attr->rodata = (uintptr_t)rodata;
	attr->data = (uintptr_t)data_copy_kind(obj, LAMBDA_SECTION_DATA, data,
					       attr->data_len);
	return attr->rodata && attr->data ? 0 : -ENOMEM;
}

static int data_refuse_symbol(const struct lambda_object *obj,
			      const struct lambda_reloc *reloc,
			      const struct lambda_log *log)
{
	const struct lambda_symbol *sym = reloc->symbol;
	enum lambda_section_kind kind = LAMBDA_SECTION_OTHER;
	const char *why = "lies in no section that λ programs have";

	if (sym->shndx < obj->nr_sections)
		kind = obj->sections[sym->shndx].kind;
	if (sym->shndx == SHN_UNDEF)
		why = "is not defined in the object";
	else if (kind == LAMBDA_SECTION_MAPS)
		why = "is a map, and λ programs have no maps: use a global array";
	else if (kind == LAMBDA_SECTION_CODE)
		why = "is a function, and λ programs cannot call through pointers: lambda cc can";
	return lambda_refuse_at(log, -EOPNOTSUPP, obj, reloc->section,
				reloc->offset, "takes the address of '%s', which %s",
				sym->name, why);
}

int lambda_data_address(const struct lambda_object *obj,
			const struct lambda_reloc *reloc, __u64 addend,
			__u64 *ret, const struct lambda_log *log)
{
	const struct lambda_symbol *sym = reloc->symbol;

	if (sym->shndx == SHN_UNDEF || sym->shndx >= obj->nr_sections)
		return data_refuse_symbol(obj, reloc, log);
	switch (obj->sections[sym->shndx].kind) {
	case LAMBDA_SECTION_RODATA:
	case LAMBDA_SECTION_DATA:
	case LAMBDA_SECTION_BSS:
		*ret = obj->sections[sym->shndx].address + sym->value + addend;
		return 0;
	default:
		return data_refuse_symbol(obj, reloc, log);
	}
}

/* Applies one relocation to a section that was copied to @image. */
static int data_relocate(const struct lambda_object *obj, __u8 *image,
			 const struct lambda_reloc *reloc,
			 const struct lambda_log *log)
{
	const struct lambda_section *section = &obj->sections[reloc->section];
	size_t width = reloc->type == R_BPF_64_ABS32 ? 4 : 8;
	__u64 value = 0;
	int err;

	if ((reloc->type != R_BPF_64_ABS64 && reloc->type != R_BPF_64_ABS32) ||
	    section->size - reloc->offset < width)
		return lambda_refuse_at(log, -ENOEXEC, obj, reloc->section,
					reloc->offset,
					"relocation of '%s' is of type %u, which data does not have, or cut off",
					reloc->symbol->name, reloc->type);
	memcpy(&value, image + reloc->offset, width);
	err = lambda_data_address(obj, reloc, value, &value, log);
	if (!err)
		memcpy(image + reloc->offset, &value, width);
	return err;
}

static int data_relocate_sections(struct lambda_object *obj, __u64 data,
				  const struct lambda_log *log)
{
	__u8 *rodata_image = (__u8 *)(uintptr_t)obj->attr.rodata;
	__u8 *data_image = (__u8 *)(uintptr_t)obj->attr.data;
	size_t i;
	int err;

	for (i = 0; i < obj->nr_relocs; i++) {
		const struct lambda_reloc *reloc = &obj->relocs[i];
		const struct lambda_section *section;
		__u8 *image;

		section = &obj->sections[reloc->section];
		if (section->kind == LAMBDA_SECTION_CODE)
			continue;
		if (section->kind == LAMBDA_SECTION_RODATA)
			image = rodata_image +
				(section->address - SBPF_DATA_BASE);
		else
			image = data_image + (section->address - data);
		err = data_relocate(obj, image, reloc, log);
		if (err)
			return err;
	}
	return 0;
}

int lambda_data_layout(struct lambda_object *obj, const struct lambda_log *log)
{
	struct lambda_load_attr *attr = &obj->attr;
	__u64 end, data, bss;
	int err;

	err = data_place_kind(obj, LAMBDA_SECTION_RODATA, SBPF_DATA_BASE, &end,
			      log);
	if (err)
		return err;
	attr->rodata_len = end - SBPF_DATA_BASE;
	data = data_round_up(end, SBPF_PAGE_SIZE);
	err = data_place_kind(obj, LAMBDA_SECTION_DATA, data, &end, log);
	if (err)
		return err;
	/* The zeros follow the data directly, any gap being zeros too. */
	bss = end;
	attr->data_len = bss - data;
	err = data_place_kind(obj, LAMBDA_SECTION_BSS, bss, &end, log);
	if (err)
		return err;
	attr->bss_len = end - bss;
	err = data_copy_images(obj, data);
	if (err)
		return err;
	return data_relocate_sections(obj, data, log);
}
