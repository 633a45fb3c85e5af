/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What lambda_bpf.h and linux/sbpf.h need of the kernel's header. */
#ifndef LAMBDA_LINUX_TYPES_H
#define LAMBDA_LINUX_TYPES_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;

typedef __u16 __le16;
typedef __u16 __be16;
typedef __u32 __le32;
typedef __u32 __be32;
typedef __u64 __le64;
typedef __u64 __be64;

#endif /* LAMBDA_LINUX_TYPES_H */
