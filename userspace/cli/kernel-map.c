// SPDX-License-Identifier: GPL-2.0-only
/* Maps of bpf(2) with one element, and names in a BPF filesystem. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"

static int kernel_map_sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long ret = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

int kernel_map_create(size_t size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(__u32);
	attr.value_size = size;
	attr.max_entries = 1;
	snprintf(attr.map_name, sizeof(attr.map_name), "lambda_object");
	return kernel_map_sys_bpf(BPF_MAP_CREATE, &attr);
}

int kernel_map_set(int fd, const void *value)
{
	union bpf_attr attr;
	__u32 key = 0;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (unsigned long)&key;
	attr.value = (unsigned long)value;
	err = kernel_map_sys_bpf(BPF_MAP_UPDATE_ELEM, &attr);
	if (err)
		return err;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	return kernel_map_sys_bpf(BPF_MAP_FREEZE, &attr);
}

static int kernel_map_size(int fd, size_t *size)
{
	struct bpf_map_info info;
	union bpf_attr attr;
	int err;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (unsigned long)&info;
	err = kernel_map_sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	*size = info.value_size;
	return err;
}

void *kernel_map_get(int fd, size_t *size)
{
	union bpf_attr attr;
	__u32 key = 0;
	void *value;
	int err = kernel_map_size(fd, size);

	value = err ? NULL : malloc(*size + 8);
	if (!value) {
		errno = err ? -err : ENOMEM;
		return NULL;
	}
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (unsigned long)&key;
	attr.value = (unsigned long)value;
	err = kernel_map_sys_bpf(BPF_MAP_LOOKUP_ELEM, &attr);
	if (!err)
		return value;
	free(value);
	errno = -err;
	return NULL;
}

int kernel_map_pin(int fd, const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (unsigned long)path;
	attr.bpf_fd = fd;
	return kernel_map_sys_bpf(BPF_OBJ_PIN, &attr);
}

int kernel_map_open(const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (unsigned long)path;
	attr.file_flags = BPF_F_RDONLY;
	return kernel_map_sys_bpf(BPF_OBJ_GET, &attr);
}
