// SPDX-License-Identifier: GPL-2.0-only
/* The λs in the kernel: programs by bpf(2), handles by /proc. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli.h"
#include "kernel.h"

#define PROG_TYPE_LAMBDA	33

static int kernel_sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long ret = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

int kernel_offer_local(int code)
{
	return complain(code,
			"`lambda run --local` runs a λ program in its own process, which takes neither λ-IO in the kernel nor a permission");
}

int kernel_abi(void)
{
	return lambda_load(NULL, 0, LAMBDA_LOAD_ABI);
}

int kernel_needed(void)
{
	int abi = kernel_abi();
	char why[512];

	if (abi >= 0)
		return 0;
	lambda_why_not(abi, why, sizeof(why));
	complain(0, "cannot use λ-IO: %s", why);
	return kernel_offer_local(EXIT_UNSUPPORTED);
}

int kernel_program_fd(__u32 id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return kernel_sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

int kernel_program(__u32 id, struct bpf_prog_info *info)
{
	union bpf_attr attr;
	int fd = kernel_program_fd(id), err;

	if (fd < 0)
		return fd;
	memset(info, 0, sizeof(*info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(*info);
	attr.info.info = (unsigned long)info;
	err = kernel_sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	close(fd);
	return err;
}

int kernel_next_program(__u32 *id, struct bpf_prog_info *info)
{
	union bpf_attr attr;
	int err;

	do {
		memset(&attr, 0, sizeof(attr));
		attr.start_id = *id;
		err = kernel_sys_bpf(BPF_PROG_GET_NEXT_ID, &attr);
		if (err)
			return err;
		*id = attr.next_id;
		/* Between the two calls a program may go. */
		err = kernel_program(*id, info);
	} while (err == -ENOENT || (!err && info->type != PROG_TYPE_LAMBDA));
	return err;
}

/* One field of a handle's fdinfo, without its newline. */
static void kernel_read_field(const char *fdinfo, const char *name, char *to,
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

static bool kernel_read_text(const char *path, char *to, size_t size)
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

static bool kernel_read_handle(const char *pid, const char *fd,
			       struct handle *handle)
{
	char path[600], text[4096], number[24];
	size_t len;

	snprintf(handle->pid, sizeof(handle->pid), "%.15s", pid);
	snprintf(handle->fd, sizeof(handle->fd), "%.15s", fd);
	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	if (!kernel_read_text(path, handle->comm, sizeof(handle->comm)))
		snprintf(handle->comm, sizeof(handle->comm), "?");
	/* The last newline is the file's, others would be of the name. */
	len = strlen(handle->comm);
	if (len && handle->comm[len - 1] == '\n')
		handle->comm[len - 1] = '\0';
	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd);
	if (!kernel_read_text(path, text, sizeof(text)))
		return false;
	kernel_read_field(text, "prog_id:", number, sizeof(number));
	handle->program = strtoul(number, NULL, 10);
	kernel_read_field(text, "merge_prog_id:", number, sizeof(number));
	handle->merge = strtoul(number, NULL, 10);
	kernel_read_field(text, "image_id:", number, sizeof(number));
	handle->image = strtoull(number, NULL, 10);
	kernel_read_field(text, "heap_len:", handle->heap,
			  sizeof(handle->heap));
	kernel_read_field(text, "budget:", handle->budget,
			  sizeof(handle->budget));
	return true;
}

bool kernel_handle(int fd, struct handle *handle)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", fd);
	return kernel_read_handle("self", number, handle);
}

static void kernel_process_handles(const char *pid,
				   void (*each)(const struct handle *, void *),
				   void *data)
{
	char dir[300], path[600], target[64];
	struct handle handle;
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
		if (!strcmp(target, "anon_inode:lambda") &&
		    kernel_read_handle(pid, entry->d_name, &handle))
			each(&handle, data);
	}
	closedir(fds);
}

int kernel_handles(void (*each)(const struct handle *handle, void *data),
		   void *data)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	if (!proc)
		return -errno;
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)*entry->d_name))
			kernel_process_handles(entry->d_name, each, data);
	closedir(proc);
	return 0;
}
