/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stands in for the kernel's header where shared files are freestanding. */
#ifndef _FW_LINUX_BUILD_BUG_H
#define _FW_LINUX_BUILD_BUG_H

/* A false assertion is an array of negative size; its line has the message. */
#define static_assert(expr, message) \
	typedef char static_assertion[(expr) ? 1 : -1]

#endif /* _FW_LINUX_BUILD_BUG_H */
