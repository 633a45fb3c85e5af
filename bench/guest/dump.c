// SPDX-License-Identifier: GPL-2.0-only
/*
 * The code that the kernel's JIT made of λ programs, as text:
 *
 *	symbol ADDRESS NAME	of the kernel, which the code may call or jump to
 *	program NAME
 *	function ADDRESS BYTES	and its bytes in hex, in order from the entry
 */
#include <dirent.h>
#include <errno.h>
#include <lambda.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define PROG_TYPE_LAMBDA	33
#define SUFFIX			".bpf.o"

static unsigned char code[1048576];
static uint64_t symbols[SBPF_FUNCS_MAX];
static uint32_t lengths[SBPF_FUNCS_MAX];

static int dump_sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

static int dump_print_symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	unsigned long long addr;
	char name[512];
	int found = 0;

	if (!file)
		return fail("/proc/kallsyms: %s", strerror(errno));
	while (fscanf(file, "%llx %*c %511s%*[^\n]", &addr, name) == 2) {
		if (!strstr(name, "_thunk") ||
		    (!strstr(name, "bpf_lambda_") && !strstr(name, "_return_")))
			continue;
		if (!addr)
			return fail("the kernel hides its addresses");
		printf("symbol %llx %s\n", addr, name);
		found++;
	}
	fclose(file);
	return found ? 0 : fail("this kernel has no λ-IO");
}

static int dump_load(const struct lambda_program *prog)
{
	union bpf_attr attr = { .prog_type = PROG_TYPE_LAMBDA };
	size_t count;

	attr.insns = (uintptr_t)lambda_program__insns(prog, &count);
	attr.insn_cnt = count;
	attr.license = (uintptr_t)"GPL";
	return dump_sys_bpf(BPF_PROG_LOAD, &attr);
}

static int dump_get_code(int fd, struct bpf_prog_info *info)
{
	union bpf_attr attr = {
		.info = {
			.bpf_fd = fd,
			.info_len = sizeof(*info),
			.info = (uintptr_t)info,
		},
	};

	info->jited_prog_insns = (uintptr_t)code;
	info->jited_prog_len = sizeof(code);
	info->jited_ksyms = (uintptr_t)symbols;
	info->nr_jited_ksyms = SBPF_FUNCS_MAX;
	info->jited_func_lens = (uintptr_t)lengths;
	info->nr_jited_func_lens = SBPF_FUNCS_MAX;
	if (dump_sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		return fail("cannot read the code: %s", strerror(errno));
	if (!info->jited_prog_insns || info->jited_prog_len > sizeof(code) ||
	    info->nr_jited_ksyms != info->nr_jited_func_lens)
		return fail("the kernel does not show the code");
	return 0;
}

static void dump_print_code(const struct bpf_prog_info *info)
{
	const unsigned char *p = code;
	uint32_t k, i;

	for (k = 0; k < info->nr_jited_ksyms; k++) {
		printf("function %llx %u\n", (unsigned long long)symbols[k],
		       lengths[k]);
		for (i = 0; i < lengths[k]; i++)
			printf("%02x%s", *p++,
			       i % 32 == 31 || i + 1 == lengths[k] ? "\n" : "");
	}
}

static int dump_print_program(const char *path, const char *name)
{
	struct bpf_prog_info info = { 0 };
	struct lambda_program *prog;
	struct lambda_object *obj;
	char why[4096];
	int fd, err;

	if (lambda_object__open(path, why, sizeof(why), &obj))
		return fail("%s", why);
	if (lambda_object__program(obj, NULL, why, sizeof(why), &prog)) {
		lambda_object__close(obj);
		return fail("%s", why);
	}
	fd = dump_load(prog);
	lambda_object__close(obj);
	if (fd < 0)
		return fail("%s: %s", path, strerror(errno));
	err = dump_get_code(fd, &info);
	if (!err) {
		printf("program %s\n", name);
		dump_print_code(&info);
	}
	close(fd);
	return err;
}

static int dump_is_object(const struct dirent *entry)
{
	const char *dot = strstr(entry->d_name, SUFFIX);

	return dot && !strcmp(dot, SUFFIX);
}

int dump_print(const char *folder)
{
	struct dirent **entries;
	int n, k, err = dump_print_symbols();
	char path[4096];

	if (err)
		return err;
	n = scandir(folder, &entries, dump_is_object, alphasort);
	if (n < 0)
		return fail("%s: %s", folder, strerror(errno));
	for (k = 0; k < n && !err; k++) {
		snprintf(path, sizeof(path), "%s/%s", folder,
			 entries[k]->d_name);
		*strstr(entries[k]->d_name, SUFFIX) = '\0';
		err = dump_print_program(path, entries[k]->d_name);
	}
	while (n--)
		free(entries[n]);
	free(entries);
	return err ? err : k ? 0 : fail("%s: no λ objects", folder);
}
