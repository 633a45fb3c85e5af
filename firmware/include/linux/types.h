/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stands in for the kernel's header where shared files are freestanding. */
#ifndef _FW_LINUX_TYPES_H
#define _FW_LINUX_TYPES_H

typedef __UINT8_TYPE__ __u8;
typedef __INT8_TYPE__ __s8;
typedef __UINT16_TYPE__ __u16;
typedef __INT16_TYPE__ __s16;
typedef __UINT32_TYPE__ __u32;
typedef __INT32_TYPE__ __s32;
typedef unsigned long long __u64;
typedef long long __s64;

/* The firmware runs on little-endian CPUs only; fw_types.h asserts it. */
typedef __u16 __le16;
typedef __u32 __le32;
typedef __u64 __le64;

#endif /* _FW_LINUX_TYPES_H */
