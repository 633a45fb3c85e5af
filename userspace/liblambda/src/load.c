// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * From a linked program to a handle: bpf(2), then lambda_load(2); or for who may
 * not load programs, lambda_load(2) with their instructions.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* In enum bpf_prog_type, which the distribution's headers end before. */
#define PROG_TYPE_LAMBDA	33

/* Bytes for what the kernel says about a refused program. */
#define VERIFIER_LOG_SIZE	(64u << 10)

/* Debug info of a program, as the kernel takes it. */
struct debug_info {
	int btf_fd;
	struct bpf_func_info *funcs;
	size_t nr_funcs;
	struct bpf_line_info *lines;
	size_t nr_lines;
};

static int lambda_load_sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long ret = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

static void lambda_load_name_for_kernel(char *to, size_t size, const char *name)
{
	size_t i;

	for (i = 0; name[i] && i < size - 1; i++)
		to[i] = isalnum((unsigned char)name[i]) ? name[i] : '_';
	to[i] = '\0';
}

/* The lines of one function, moved to where it is linked. */
static bool lambda_load_add_lines(const struct lambda_program *prog,
				  const struct lambda_linked *func,
				  struct debug_info *info)
{
	const struct lambda_btf *btf = &prog->obj->btf;
	const struct lambda_symbol *sym = func->symbol;
	size_t first = info->nr_lines, i;

	i = lambda_lines_from(prog->obj, sym->shndx, sym->value);
	for (; i < btf->nr_lines; i++) {
		struct bpf_line_info line = btf->lines[i].info;

		if (btf->lines[i].section != sym->shndx ||
		    line.insn_off - sym->value >= sym->size)
			break;
		/* Only in an object whose functions overlap. */
		if (info->nr_lines == btf->nr_lines)
			return false;
		line.insn_off = func->start + (line.insn_off - sym->value) /
					      sizeof(struct bpf_insn);
		info->lines[info->nr_lines++] = line;
	}
	/* The kernel takes lines only if each function begins with one. */
	return first < info->nr_lines &&
	       info->lines[first].insn_off == func->start;
}

static bool lambda_load_add_type(const struct lambda_program *prog,
				 const struct lambda_linked *func,
				 struct debug_info *info)
{
	const struct bpf_func_info *type;

	type = lambda_lines_type_at(prog->obj, func->symbol->shndx,
				    func->symbol->value);
	if (!type)
		return false;
	info->funcs[info->nr_funcs].type_id = type->type_id;
	info->funcs[info->nr_funcs++].insn_off = func->start;
	return true;
}

static int lambda_load_btf(const struct lambda_btf *btf)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)btf->raw;
	attr.btf_size = btf->size;
	return lambda_load_sys_bpf(BPF_BTF_LOAD, &attr);
}

static void lambda_load_free_debug_info(struct debug_info *info)
{
	if (info->btf_fd >= 0)
		close(info->btf_fd);
	free(info->funcs);
	free(info->lines);
	memset(info, 0, sizeof(*info));
	info->btf_fd = -1;
}

/* Gathers all debug info, or none: it only serves to make messages better. */
static void lambda_load_get_debug_info(const struct lambda_program *prog,
				       struct debug_info *info)
{
	const struct lambda_btf *btf = &prog->obj->btf;
	bool ok = btf->loadable;
	size_t k;

	memset(info, 0, sizeof(*info));
	info->btf_fd = -1;
	if (!ok)
		return;
	info->funcs = calloc(prog->nr_funcs, sizeof(*info->funcs));
	info->lines = calloc(btf->nr_lines + 1, sizeof(*info->lines));
	ok = info->funcs && info->lines;
	for (k = 0; ok && k < prog->nr_funcs; k++)
		ok = lambda_load_add_type(prog, &prog->funcs[k], info) &&
		     lambda_load_add_lines(prog, &prog->funcs[k], info);
	if (ok)
		info->btf_fd = lambda_load_btf(btf);
	if (info->btf_fd < 0)
		lambda_load_free_debug_info(info);
}

static const char *lambda_load_license_of(const struct lambda_object *obj)
{
	const struct lambda_section *section;

	section = lambda_elf_section(obj, "license");
	if (section && section->bytes && section->size &&
	    section->bytes[section->size - 1] == '\0')
		return (const char *)section->bytes;
	return "unspecified";
}

/* Loads once; with @log the kernel also says what it thinks. */
static int lambda_load_to_kernel(const struct lambda_program *prog,
				 const struct debug_info *info, char *log,
				 size_t log_size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = PROG_TYPE_LAMBDA;
	attr.insns = (uintptr_t)prog->insns;
	attr.insn_cnt = prog->count;
	attr.license = (uintptr_t)lambda_load_license_of(prog->obj);
	lambda_load_name_for_kernel(attr.prog_name, sizeof(attr.prog_name),
				    lambda_program__name(prog));
	if (info->btf_fd >= 0) {
		attr.prog_btf_fd = info->btf_fd;
		attr.func_info = (uintptr_t)info->funcs;
		attr.func_info_cnt = info->nr_funcs;
		attr.func_info_rec_size = sizeof(*info->funcs);
		attr.line_info = (uintptr_t)info->lines;
		attr.line_info_cnt = info->nr_lines;
		attr.line_info_rec_size = sizeof(*info->lines);
	}
	if (log_size) {
		attr.log_level = 1;
		attr.log_buf = (uintptr_t)log;
		attr.log_size = log_size;
	}
	return lambda_load_sys_bpf(BPF_PROG_LOAD, &attr);
}

/* Adds to a message what an errno of the kernel came of, where that is known. */
static int lambda_load_add_advice(const struct lambda_log *log, int err)
{
	char why[256];

	lambda_why_not(err, why, sizeof(why));
	lambda_log_add(log, "%s", why);
	return err;
}

/*
 * Says why the kernel refused: where the shared check knows the place in the
 * source, that comes first, and what the kernel @said in any case.
 */
static int lambda_load_tell_refusal(const struct lambda_program *prog, int err,
				    const char *said, char *log,
				    size_t log_size)
{
	const struct lambda_log to = { log, log_size };

	if (lambda_program__check(prog, log, log_size) != -EINVAL) {
		lambda_refuse(&to, err, prog->obj,
			      "the kernel refused program '%s': ",
			      lambda_program__name(prog));
		lambda_load_add_advice(&to, err);
	}
	if (said && *said) {
		lambda_log_lines(&to, "\nthe verifier said:\n");
		lambda_log_lines(&to, said);
	}
	return err;
}

static int lambda_load_explain_refusal(const struct lambda_program *prog,
				       int err,
				       const struct debug_info *info, char *log,
				       size_t log_size)
{
	const struct lambda_log to = { log, log_size };
	int abi = lambda_load(NULL, 0, LAMBDA_LOAD_ABI);
	char *said;

	/* An unknown program type and a refused program are both -EINVAL. */
	if (abi < 0) {
		lambda_refuse(&to, abi, prog->obj, "cannot be loaded: ");
		return lambda_load_add_advice(&to, abi);
	}
	said = calloc(1, VERIFIER_LOG_SIZE);
	if (said) {
		int fd = lambda_load_to_kernel(prog, info, said,
					       VERIFIER_LOG_SIZE);

		/* It may have been a passing shortage the first time. */
		if (fd >= 0) {
			free(said);
			return fd;
		}
	}
	lambda_load_tell_refusal(prog, err, said, log, log_size);
	free(said);
	return err;
}

/*
 * A kernel of another version would refuse the first request, or understand it
 * in its own way; one without λ-IO says so itself.
 */
static int lambda_load_check_abi(const struct lambda_program *prog,
				 const struct lambda_log *log)
{
	int abi = lambda_load(NULL, 0, LAMBDA_LOAD_ABI);

	if (abi <= 0 || abi == LAMBDA_ABI)
		return 0;
	return lambda_refuse(log, -EPROTONOSUPPORT, prog->obj,
			     "cannot be loaded: this kernel speaks version %d of λ-IO's interface, and this library version %d; kernel and library of one version are needed",
			     abi, LAMBDA_ABI);
}

/* A descriptor of the program alone, or an errno that @log explains. */
static int lambda_load_checked(const struct lambda_program *prog, char *log,
			       size_t log_size)
{
	struct debug_info info;
	int fd;

	lambda_load_get_debug_info(prog, &info);
	fd = lambda_load_to_kernel(prog, &info, NULL, 0);
	if (fd < 0)
		fd = lambda_load_explain_refusal(prog, fd, &info, log,
						 log_size);
	lambda_load_free_debug_info(&info);
	return fd;
}

static int lambda_load_handle(const struct lambda_program *prog,
			      const struct lambda_load_attr *attr,
			      const struct lambda_log *log)
{
	int fd = lambda_load(attr, sizeof(*attr), 0);

	if (fd >= 0)
		return fd;
	lambda_refuse(log, fd, prog->obj,
		      "the kernel made no handle for program '%s': ",
		      lambda_program__name(prog));
	return lambda_load_add_advice(log, fd);
}

/* Loads what merges the parts of requests, where the caller wants it. */
static int lambda_load_with_merge(const struct lambda_program *prog,
				  struct lambda_load_attr *attr, char *log,
				  size_t log_size)
{
	const struct lambda_log to = { log, log_size };
	bool merge = prog->merge && attr->flags & LAMBDA_ATTR_MERGE;
	int fd;

	if (merge) {
		attr->merge_fd = lambda_load_checked(prog->merge, log,
						     log_size);
		if (attr->merge_fd < 0)
			return attr->merge_fd;
	}
	fd = lambda_load_handle(prog, attr, &to);
	if (merge)
		close(attr->merge_fd);
	return fd;
}

/* Hands over the instructions, and those of what merges, if it is wanted. */
static int lambda_load_insns(const struct lambda_program *prog,
			     struct lambda_load_attr *attr, char *log,
			     size_t log_size)
{
	const struct lambda_program *merge = prog->merge;
	char *said = calloc(1, VERIFIER_LOG_SIZE);
	int fd;

	attr->flags |= LAMBDA_ATTR_INSNS;
	attr->prog_fd = 0;
	attr->merge_fd = 0;
	attr->insns = (uintptr_t)prog->insns;
	attr->insn_cnt = prog->count;
	if (merge && attr->flags & LAMBDA_ATTR_MERGE) {
		attr->merge_insns = (uintptr_t)merge->insns;
		attr->merge_insn_cnt = merge->count;
	}
	attr->log_buf = (uintptr_t)said;
	attr->log_size = said ? VERIFIER_LOG_SIZE : 0;
	fd = lambda_load(attr, sizeof(*attr), 0);
	if (fd < 0)
		lambda_load_tell_refusal(prog, fd, said, log, log_size);
	free(said);
	return fd;
}

LAMBDA_API int lambda_program__load(const struct lambda_program *prog,
				    const struct lambda_load_attr *attr,
				    char *log, size_t log_size)
{
	LAMBDA_KEEP_ERRNO;
	const struct lambda_log to = { log, log_size };
	struct lambda_load_attr all;
	int fd;

	if (log_size)
		*log = '\0';
	fd = lambda_load_check_abi(prog, &to);
	if (fd)
		return fd;
	if (attr)
		all = *attr;
	else
		lambda_program__attr(prog, &all);
	if (!lambda_why_may_load_programs() && lambda_why_may_load_insns())
		return lambda_log_end(&to, lambda_load_insns(prog, &all, log,
							     log_size));
	all.prog_fd = lambda_load_checked(prog, log, log_size);
	if (all.prog_fd < 0)
		return lambda_log_end(&to, all.prog_fd);
	fd = lambda_load_with_merge(prog, &all, log, log_size);
	close(all.prog_fd);
	return lambda_log_end(&to, fd);
}
