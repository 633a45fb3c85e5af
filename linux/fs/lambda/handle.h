/* SPDX-License-Identifier: GPL-2.0-only */
/* λ handles: what lambda_load() makes and requests run. */
#ifndef _FS_LAMBDA_HANDLE_H
#define _FS_LAMBDA_HANDLE_H

#include <linux/bpf_lambda.h>
#include <linux/lambda.h>
#include <linux/types.h>

struct file;
struct ucounts;

/**
 * struct lambda_handle - what the file descriptor of a λ stands for
 */
struct lambda_handle {
	/**
	 * @image: The program, of which the handle holds a reference, and
	 * copies of its globals.
	 */
	struct bpf_lambda_image image;
	/**
	 * @budget: Backward jumps a request may take; unused with
	 * @default_budget.
	 */
	u64 budget;
	/** @default_budget: The budget follows the length of the input. */
	bool default_budget;
	/** @late: A run of it was not done in the time of &lambda_call.nowait. */
	bool late;
	/**
	 * @record_len: Bytes of a record; 0: the λ is not record-wise, and no
	 * request of it is divided.
	 */
	u32 record_len;
	/**
	 * @merge: Where its program is not NULL, what makes one output of the
	 * parts'; else they are put one after the other. It shares the globals
	 * of @image.
	 */
	struct bpf_lambda_image merge;
	/**
	 * @ucounts: The user that the handle is counted for, and its globals
	 * with it; NULL: they are not counted.
	 */
	struct ucounts *ucounts;
};

int lambda_handle_create(const struct lambda_load_attr *attr);
int lambda_handle_permit(const struct lambda_handle *handle);
struct lambda_handle *lambda_handle_of(struct file *file);
u64 lambda_handle_budget(const struct lambda_handle *handle, u32 in_len);
bool lambda_handle_divides(const struct lambda_handle *handle);

#endif /* _FS_LAMBDA_HANDLE_H */
