/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stands in for the kernel's header where shared files are freestanding. */
#include <stddef.h>
