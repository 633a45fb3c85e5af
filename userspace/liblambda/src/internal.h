/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What an opened object is made of, and what the files of the library share. */
#ifndef LAMBDA_INTERNAL_H
#define LAMBDA_INTERNAL_H

#include <errno.h>
#include <lambda.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

#define LAMBDA_API __attribute__((visibility("default")))
#define LAMBDA_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/*
 * Limits of an object, so that time and memory are bounded whatever it holds:
 * far above what a compiler makes of a λ. With the first of them no size below
 * needs a check for overflow.
 */
#define LAMBDA_FILE_MAX		(64u << 20)
#define LAMBDA_SECTIONS_MAX	4096u
#define LAMBDA_SYMBOLS_MAX	65536u
#define LAMBDA_NAME_MAX		512u		/* of a section or symbol */
#define LAMBDA_RELOCS_MAX	1048576u
#define LAMBDA_LINES_MAX	1048576u	/* and of types of functions */
#define LAMBDA_PROGRAMS_MAX	256u
#define LAMBDA_LINKED_MAX	(4u << 20)	/* instructions of all programs */
/* Of a string of the debug info, a file's name above all. */
#define LAMBDA_STRING_MAX	4096u

/*
 * First in each function of the interface that may call what sets errno: the
 * caller's errno is as it was when it returns.
 */
#define LAMBDA_KEEP_ERRNO						\
	__attribute__((cleanup(lambda_restore_errno), unused))		\
	const int saved_errno = errno

static inline void lambda_restore_errno(const int *saved)
{
	errno = *saved;
}

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
	__u32 type;		/* SHT_* */
	__u32 link;		/* sh_link and sh_info, not checked */
	__u32 info;
	const __u8 *bytes;	/* in the image; NULL for bss */
	__u64 size;		/* of bss not checked */
	__u64 align;		/* not checked */
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

/*
 * What the debug info says of a place in the code. Both kinds begin alike and
 * are sorted by place; where several are of one place, by @nth.
 */
struct lambda_line {
	__u32 section;
	__u32 nth;		/* in the order of the file */
	struct bpf_line_info info;	/* insn_off in bytes of the section */
	__u32 own;		/* first from here on that no header holds */
};

/* A function's BTF type. */
struct lambda_type {
	__u32 section;
	__u32 nth;
	struct bpf_func_info info;	/* insn_off in bytes of the section */
};

struct lambda_btf {
	__u8 *raw;		/* NULL if the object has none */
	size_t size;
	bool loadable;		/* @raw has been made fit for the kernel */
	const __u8 *bytes;	/* the types, in @raw */
	__u32 *offset;		/* of each in there by id, from 1 */
	size_t nr;		/* of those that can be told */
	const char *strings;	/* in @raw, terminated */
	size_t strings_size;
	struct lambda_line *lines;
	size_t nr_lines;
	struct lambda_type *types;
	size_t nr_types;
};

struct lambda_object {
	char *name;
	__u8 *image;
	size_t image_size;
	struct lambda_section *sections;	/* by ELF index */
	size_t nr_sections;
	const struct lambda_section **by_name;	/* those of the file but the first */
	size_t nr_by_name;
	struct lambda_symbol *symbols;
	size_t nr_symbols;
	size_t symtab;		/* their section */
	const struct lambda_symbol **funcs;	/* sorted by place */
	size_t nr_funcs;
	const struct lambda_symbol **entries;	/* like @vars in table order */
	size_t nr_entries;
	const struct lambda_symbol **vars;
	size_t nr_vars;
	struct lambda_reloc *relocs;	/* of code and data, sorted by place */
	size_t nr_relocs;
	struct lambda_load_attr attr;	/* data image and options */
	bool lines;			/* LAMBDA_LINES() */
	bool divided;			/* by lambda_lines.h */
	struct lambda_btf btf;
	struct lambda_fields args, output;
	struct lambda_program *programs;	/* linked so far */
	size_t nr_linked;	/* their instructions */
};

struct lambda_linked {
	const struct lambda_symbol *symbol;
	size_t start;		/* index of its first instruction */
	size_t count;
};

struct lambda_program {
	struct lambda_program *next;
	struct lambda_program *merge;	/* or NULL; in the object's list too */
	struct lambda_program *whole;	/* likewise */
	bool divided;			/* its outputs are of lambda_lines.h */
	const struct lambda_object *obj;
	struct bpf_insn *insns;
	size_t count;
	__u16 *callees;		/* while it is linked: 1 + position, or 0 */
	struct lambda_linked *funcs;	/* SBPF_FUNCS_MAX of them */
	size_t nr_funcs;
};

/*
 * log.c: whatever an object holds, messages consist of lines that the library
 * made, of text that does nothing to a terminal.
 */

/* log.c: adds to what @log says; the last a text that may have several lines. */
LAMBDA_PRINTF(2, 3)
void lambda_log_add(const struct lambda_log *log, const char *fmt, ...);
LAMBDA_PRINTF(2, 0)
void lambda_log_vadd(const struct lambda_log *log, const char *fmt,
		     va_list args);
void lambda_log_lines(const struct lambda_log *log, const char *text);

/* Last in a function of the interface: no error without words. Returns @err. */
int lambda_log_end(const struct lambda_log *log, int err);

/* refuse.c: says why in @log, the object's name first, and returns @err. */
LAMBDA_PRINTF(4, 5)
int lambda_refuse(const struct lambda_log *log, int err,
		  const struct lambda_object *obj, const char *fmt, ...);

/* refuse_at.c: likewise, with the place behind the object's name. */
LAMBDA_PRINTF(6, 7)
int lambda_refuse_at(const struct lambda_log *log, int err,
		     const struct lambda_object *obj, size_t section,
		     __u64 offset, const char *fmt, ...);

/* Contents of a file, from malloc(). */
struct lambda_image {
	__u8 *bytes;
	size_t size;
};

/* file.c: what @image then holds is to be freed whatever this returns. */
int lambda_file_read(const char *path, struct lambda_image *image,
		     const struct lambda_log *log);

/* elf.c: fills the sections from @obj->image. */
int lambda_elf_read(struct lambda_object *obj, const struct lambda_log *log);

/* Refuses a table of strings that has no end. */
int lambda_elf_strings(const struct lambda_object *obj, size_t table,
		       const struct lambda_log *log);

/* A string of such a table, or NULL: outside of it, or above the limit. */
const char *lambda_elf_string(const struct lambda_object *obj, size_t table,
			      __u32 offset);

/* The section of that name, or NULL. */
const struct lambda_section *
lambda_elf_section(const struct lambda_object *obj, const char *name);

/* symbols.c: fills what @obj has of symbols. */
int lambda_symbols_read(struct lambda_object *obj,
			const struct lambda_log *log);

/* The function that contains a place in a code section, or NULL. */
const struct lambda_symbol *
lambda_symbols_function(const struct lambda_object *obj, size_t section,
			__u64 offset);

/*
 * What the program of that name has in a section whose name is @prefix and its
 * own, or NULL.
 */
const struct lambda_symbol *
lambda_symbols_beside(const struct lambda_object *obj, const char *prefix,
		      const char *name);

/* relocs.c */
int lambda_relocs_read(struct lambda_object *obj, const struct lambda_log *log);

/* Relocations of [@offset, @offset + @size) of a section. */
const struct lambda_reloc *lambda_relocs_of(const struct lambda_object *obj,
					    size_t section, __u64 offset,
					    __u64 size, size_t *count);

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

/*
 * A type by its id, into @ret. Returns what follows its head, or NULL: there is
 * no such type.
 */
const __u8 *lambda_btf_type(const struct lambda_btf *btf, __u32 id,
			    struct btf_type *ret);

/* layout.c: LAMBDA_ARGS() and LAMBDA_OUTPUT(). */
int lambda_layouts_read(struct lambda_object *obj,
			const struct lambda_log *log);
void lambda_layouts_free(struct lambda_fields *fields);

/* The first line of code at or behind a place; nr_lines if there is none. */
size_t lambda_lines_from(const struct lambda_object *obj, size_t section,
			 __u64 offset);

/* The line that instruction belongs to, or NULL. */
const struct bpf_line_info *lambda_lines_at(const struct lambda_object *obj,
					    size_t section, __u64 offset);

/* The first line of a function that is not a header's, or NULL. */
const struct bpf_line_info *lambda_lines_own(const struct lambda_object *obj,
					     const struct lambda_symbol *func);

/* The type of the function that begins there, or NULL. */
const struct bpf_func_info *
lambda_lines_type_at(const struct lambda_object *obj, size_t section,
		     __u64 offset);

/* link.c */
int lambda_link(struct lambda_object *obj, const struct lambda_symbol *entry,
		const struct lambda_log *log, struct lambda_program **ret);
void lambda_link_free(struct lambda_program *prog);

/* The function that an instruction is of, and where in its section it stood. */
const struct lambda_linked *lambda_link_place(const struct lambda_program *prog,
					      size_t index, __u64 *offset);

/*
 * why.c: whether this process may load programs by bpf(2), as far as its
 * capabilities tell, and whether anybody may load instructions.
 */
bool lambda_why_may_load_programs(void);
bool lambda_why_may_load_insns(void);

/*
 * What follows on the text of the errno of a request, for which a handle
 * is all that it takes.
 */
const char *lambda_why_no_request(int err);

/* length.c: how much of a file there is. */

/* The size that a regular file or block device tells, or 0. */
off_t lambda_length_hint(int fd);

/*
 * How many of @want bytes at @offset the file has, without reading more of it
 * than it takes. Returns a negative errno where the first cannot be read.
 */
ssize_t lambda_length(int fd, off_t offset, size_t want);

/*
 * How many of the @len bytes at @offset are whole lines: up to the last
 * newline, 0 if there is none.
 */
ssize_t lambda_length_of_lines(int fd, off_t offset, size_t len);

/* What an output of a program by lambda_lines.h holds. */
struct lambda_divided {
	const __u8 *result;
	size_t len;
	bool merged;
};

/* divided.c: false: it is none. */
bool lambda_divided_read(const void *out, size_t len,
			 struct lambda_divided *ret);

/*
 * engine.c: the kernel as an engine: runs handles. The merge program is loaded when it
 * is first needed; what is wrong then goes to @log.
 */
struct lambda_kernel {
	const struct lambda_program *prog;
	const struct lambda_load_attr *load;
	int lambda;
	int merge;	/* handle, or -1 */
	char *log;
	size_t log_size;
};

extern const struct lambda_engine lambda_kernel_engine;
void lambda_engine_close(struct lambda_kernel *kernel);

#endif /* LAMBDA_INTERNAL_H */
