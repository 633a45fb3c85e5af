/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What an opened object is made of, and what the files of the library share. */
#ifndef LAMBDA_INTERNAL_H
#define LAMBDA_INTERNAL_H

#include <lambda.h>
#include <libelf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#define LAMBDA_API __attribute__((visibility("default")))
#define LAMBDA_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Largest object file, so that no size below needs a check for overflow. */
#define LAMBDA_FILE_MAX		(64u << 20)

/* Where a message goes: the caller's buffer, which may have no bytes. */
struct lambda_log {
	char *buf;
	size_t size;
};

enum lambda_section_kind {
	LAMBDA_SECTION_OTHER,	/* not part of a program */
	LAMBDA_SECTION_CODE,
	LAMBDA_SECTION_RODATA,
	LAMBDA_SECTION_DATA,
	LAMBDA_SECTION_BSS,
	LAMBDA_SECTION_MAPS,	/* refused where it is used */
};

struct lambda_section {
	const char *name;
	enum lambda_section_kind kind;
	const __u8 *bytes;	/* in the image; NULL for bss */
	size_t size;
	size_t align;
	__u32 address;	/* in the window; data kinds only */
};

struct lambda_symbol {
	const char *name;	/* of the section, for a section's symbol */
	unsigned char type;	/* STT_* */
	unsigned char bind;	/* STB_* */
	__u16 shndx;		/* 0, a reserved index or an existing section */
	__u64 value;
	__u64 size;
};

struct lambda_reloc {
	__u32 section;	/* that it changes */
	__u32 type;		/* R_BPF_* */
	__u64 offset;	/* in that section */
	const struct lambda_symbol *symbol;
};

/* A line of source; the layout of what the kernel is given. */
struct lambda_lines {
	struct bpf_line_info *info;	/* insn_off in bytes of the section */
	__u32 *section;		/* of each entry */
	size_t count;
};

/* A function's BTF type. */
struct lambda_types {
	struct bpf_func_info *info;	/* insn_off in bytes of the section */
	__u32 *section;
	size_t count;
};

struct lambda_btf {
	__u8 *raw;		/* NULL if the object has none */
	size_t size;
	bool loadable;		/* @raw has been made fit for the kernel */
	const char *strings;	/* in @raw, terminated */
	size_t strings_size;
	struct lambda_lines lines;
	struct lambda_types types;
};

struct lambda_object {
	char *name;
	void *image;
	Elf *elf;
	struct lambda_section *sections;	/* by ELF index */
	size_t nr_sections;
	struct lambda_symbol *symbols;
	size_t nr_symbols;
	const struct lambda_symbol **funcs;	/* sorted by place */
	size_t nr_funcs;
	struct lambda_reloc *relocs;	/* of code and data, sorted by place */
	size_t nr_relocs;
	struct lambda_load_attr attr;	/* data image and options */
	struct lambda_btf btf;
	struct lambda_program *programs;	/* linked so far */
};

struct lambda_linked {
	const struct lambda_symbol *symbol;
	size_t start;		/* index of its first instruction */
	size_t count;
};

struct lambda_program {
	struct lambda_program *next;
	struct lambda_program *merge;	/* or NULL; in the object's list too */
	const struct lambda_object *obj;
	struct bpf_insn *insns;
	size_t count;
	struct lambda_linked *funcs;	/* SBPF_FUNCS_MAX of them */
	size_t nr_funcs;
};

/* log.c */

/* Both say why in @log, the object's name first, and return @err. */
LAMBDA_PRINTF(4, 5)
int lambda_refuse(const struct lambda_log *log, int err,
		  const struct lambda_object *obj, const char *fmt, ...);
LAMBDA_PRINTF(6, 7)
int lambda_refuse_at(const struct lambda_log *log, int err,
		     const struct lambda_object *obj, size_t section,
		     __u64 offset, const char *fmt, ...);

/* Adds to what @log says. */
LAMBDA_PRINTF(2, 3)
void lambda_log_add(const struct lambda_log *log, const char *fmt, ...);

/* elf.c: fills sections, symbols and relocs from @obj->image. */
int lambda_elf_read(struct lambda_object *obj, size_t size,
		    const struct lambda_log *log);

/* The function that contains a place in a code section, or NULL. */
const struct lambda_symbol *
lambda_elf_function(const struct lambda_object *obj, size_t section,
		    __u64 offset);

bool lambda_is_entry(const struct lambda_object *obj,
		     const struct lambda_symbol *sym);

/* The merge program of the one of that name, or NULL. */
const struct lambda_symbol *
lambda_elf_merge(const struct lambda_object *obj, const char *name);

/* The section of that name, or NULL. */
const struct lambda_section *
lambda_elf_section(const struct lambda_object *obj, const char *name);

/* Relocations of [@offset, @offset + @size) of a section. */
const struct lambda_reloc *
lambda_elf_relocs(const struct lambda_object *obj, size_t section,
		  __u64 offset, __u64 size, size_t *count);

/* data.c: the data image in @obj->attr, and addresses in it. */
int lambda_data_layout(struct lambda_object *obj, const struct lambda_log *log);
int lambda_data_address(const struct lambda_object *obj,
			const struct lambda_reloc *reloc, __u64 addend,
			__u64 *ret, const struct lambda_log *log);

/* options.c: LAMBDA_HEAP() and the like, into @obj->attr. */
int lambda_options_read(struct lambda_object *obj,
			const struct lambda_log *log);

/* btf.c and lines.c: debug info. An object without any has none of it. */
int lambda_btf_read(struct lambda_object *obj, const struct lambda_log *log);
int lambda_lines_read(struct lambda_object *obj, const struct lambda_log *log);
void lambda_btf_free(struct lambda_btf *btf);
const char *lambda_btf_string(const struct lambda_btf *btf, __u32 offset);

/* The line that instruction belongs to, or NULL. */
const struct bpf_line_info *
lambda_line_at(const struct lambda_object *obj, size_t section,
	       __u64 offset);

/* link.c */
int lambda_link(struct lambda_object *obj, const struct lambda_symbol *entry,
		const struct lambda_log *log, struct lambda_program **ret);
void lambda_program_free(struct lambda_program *prog);

/* The function that an instruction is of, and where in its section it stood. */
const struct lambda_linked *
lambda_program_place(const struct lambda_program *prog, size_t index,
		     __u64 *offset);

#endif /* LAMBDA_INTERNAL_H */
