// SPDX-License-Identifier: GPL-2.0-only
/* lambda ls: the λ programs in the kernel, and who has handles to them. */
#include <argp.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "kernel.h"

static const struct argp argp = {
	NULL, NULL, NULL,
	"Lists the λ programs that are loaded, and the handles to them as far as /proc shows them to this user.",
	NULL, NULL, NULL
};

static void cmd_ls_print_program(const struct bpf_prog_info *info)
{
	size_t i;

	print(stdout, "%8u  %-16.16s", info->id, info->name);
	for (i = 0; i < sizeof(info->tag); i++)
		printf("%02x", info->tag[i]);
	printf("  %8zu  %8u  %u\n",
	       info->xlated_prog_len / sizeof(struct bpf_insn),
	       info->jited_prog_len, info->created_by_uid);
}

static int cmd_ls_list_programs(void)
{
	struct bpf_prog_info info;
	char why[512];
	__u32 id = 0;
	int err;

	printf("%8s  %-16s%-16s  %8s  %8s  %s\n", "PROGRAM", "NAME", "TAG",
	       "INSNS", "NATIVE", "UID");
	while (!(err = kernel_next_program(&id, &info)))
		cmd_ls_print_program(&info);
	if (err == -ENOENT)
		return 0;
	lambda_why_not(err, why, sizeof(why));
	return complain(exit_code(err), "cannot list BPF programs: %s%s", why,
			err == -EPERM ? "; listing takes CAP_SYS_ADMIN" : "");
}

static void cmd_ls_print_handle(const struct handle *handle, void *unused)
{
	(void)unused;
	print(stdout, "%8u  %8llu  %8s  %5s  %10s  %15s  %s\n",
	      handle->program, handle->image, handle->pid, handle->fd,
	      handle->heap, handle->budget, handle->comm);
}

static int cmd_ls_list_handles(void)
{
	int err;

	printf("\n%8s  %8s  %8s  %5s  %10s  %15s  %s\n", "PROGRAM", "IMAGE",
	       "PID", "FD", "HEAP", "BUDGET", "COMMAND");
	err = kernel_handles(cmd_ls_print_handle, NULL);
	if (err)
		return complain(EXIT_SYSTEM, "cannot read /proc: %s",
				strerror(-err));
	return 0;
}

int cmd_ls(int argc, char **argv)
{
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	code = kernel_needed();
	if (!code)
		code = cmd_ls_list_programs();
	return code ?: cmd_ls_list_handles();
}
