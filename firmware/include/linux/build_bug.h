/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stands in for the kernel's header where shared files are freestanding. */
#ifndef _FW_LINUX_BUILD_BUG_H
#define _FW_LINUX_BUILD_BUG_H

/* As in the kernel: the message may be left out. */
#define static_assert(expr, ...) \
	_Static_assert(expr, "" __VA_ARGS__)

#endif /* _FW_LINUX_BUILD_BUG_H */
