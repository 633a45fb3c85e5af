// SPDX-License-Identifier: GPL-2.0-only
/* lambda ls: the λ programs in the kernel, and who has handles to them. */
#include <argp.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli.h"

#define PROG_TYPE_LAMBDA	33

static const struct argp argp = {
	NULL, NULL, NULL,
	"Lists the λ programs that are loaded, and the handles to them as far as /proc shows them to this user.",
	NULL, NULL, NULL
};

static int sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long ret = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

static int program_info(__u32 id, struct bpf_prog_info *info)
{
	union bpf_attr attr;
	int fd, err;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	if (fd < 0)
		return fd;
	memset(info, 0, sizeof(*info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(*info);
	attr.info.info = (unsigned long)info;
	err = sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	close(fd);
	return err;
}

static void print_program(const struct bpf_prog_info *info)
{
	size_t i;

	printf("%8u  %-16s", info->id, info->name);
	for (i = 0; i < sizeof(info->tag); i++)
		printf("%02x", info->tag[i]);
	printf("  %8zu  %8u  %u\n",
	       info->xlated_prog_len / sizeof(struct bpf_insn),
	       info->jited_prog_len, info->created_by_uid);
}

static int list_programs(void)
{
	struct bpf_prog_info info;
	union bpf_attr attr;
	__u32 id = 0;
	int err;

	printf("%8s  %-16s%-16s  %8s  %8s  %s\n", "PROGRAM", "NAME", "TAG",
	       "INSNS", "NATIVE", "UID");
	for (;;) {
		memset(&attr, 0, sizeof(attr));
		attr.start_id = id;
		err = sys_bpf(BPF_PROG_GET_NEXT_ID, &attr);
		if (err)
			break;
		id = attr.next_id;
		/* Between the two calls a program may go. */
		err = program_info(id, &info);
		if (!err && info.type == PROG_TYPE_LAMBDA)
			print_program(&info);
		if (err && err != -ENOENT)
			break;
	}
	if (err != -ENOENT)
		return complain(exit_code(err), "cannot list BPF programs: %s%s",
				strerror(-err),
				err == -EPERM ? "; it needs CAP_SYS_ADMIN" : "");
	return 0;
}

/* One field of a handle's fdinfo, without its newline. */
static void read_field(const char *fdinfo, const char *name, char *to,
		       size_t size)
{
	const char *at = strstr(fdinfo, name);

	*to = '\0';
	if (!at)
		return;
	at += strlen(name);
	at += strspn(at, " \t");
	snprintf(to, size, "%.*s", (int)strcspn(at, "\n"), at);
}

static bool read_text(const char *path, char *to, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t len;

	if (!file)
		return false;
	len = fread(to, 1, size - 1, file);
	to[len] = '\0';
	fclose(file);
	return true;
}

static void print_handle(const char *pid, const char *fd)
{
	char path[600], text[4096], comm[64] = "?";
	char program[16], heap[24], budget[24];

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	if (read_text(path, comm, sizeof(comm)))
		comm[strcspn(comm, "\n")] = '\0';
	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd);
	if (!read_text(path, text, sizeof(text)))
		return;
	read_field(text, "prog_id:", program, sizeof(program));
	read_field(text, "heap_len:", heap, sizeof(heap));
	read_field(text, "budget:", budget, sizeof(budget));
	printf("%8s  %8s  %5s  %10s  %15s  %s\n", program, pid, fd, heap,
	       budget, comm);
}

static void list_fds(const char *pid)
{
	char dir[300], path[600], target[64];
	struct dirent *entry;
	ssize_t len;
	DIR *fds;

	snprintf(dir, sizeof(dir), "/proc/%s/fd", pid);
	fds = opendir(dir);
	if (!fds)
		return;
	while ((entry = readdir(fds))) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (!strcmp(target, "anon_inode:lambda"))
			print_handle(pid, entry->d_name);
	}
	closedir(fds);
}

static int list_handles(void)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	if (!proc)
		return complain(EXIT_SYSTEM, "cannot read /proc: %s",
				strerror(errno));
	printf("\n%8s  %8s  %5s  %10s  %15s  %s\n", "PROGRAM", "PID", "FD",
	       "HEAP", "BUDGET", "COMMAND");
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)*entry->d_name))
			list_fds(entry->d_name);
	closedir(proc);
	return 0;
}

int cmd_ls(int argc, char **argv)
{
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	code = list_programs();
	return code ?: list_handles();
}
