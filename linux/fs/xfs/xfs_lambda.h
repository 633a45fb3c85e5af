/* SPDX-License-Identifier: GPL-2.0-only */
/* λs over files of XFS. */
#ifndef __XFS_LAMBDA_H__
#define __XFS_LAMBDA_H__

extern const struct lambda_file_operations xfs_lambda_operations;

#endif /* __XFS_LAMBDA_H__ */
