/* SPDX-License-Identifier: GPL-2.0-only */
/* Between user memory and large buffers of the kernel. */
#ifndef _FS_LAMBDA_COPY_H
#define _FS_LAMBDA_COPY_H

#include <linux/compiler_types.h>
#include <linux/types.h>

int lambda_copy_in(void *to, const void __user *from, size_t len);
int lambda_copy_out(void __user *to, const void *from, size_t len);

#endif /* _FS_LAMBDA_COPY_H */
