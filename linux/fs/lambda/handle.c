// SPDX-License-Identifier: GPL-2.0-only
/*
 * λ handles: creation, lifetime, and what fdinfo shows of them.
 *
 * A handle is immutable from the moment its descriptor is installed, so any
 * number of requests use it at the same time without a lock. Each of them
 * holds a reference to the handle's file, and the last one gone releases it.
 */
#include <linux/anon_inodes.h>
#include <linux/blk-lambda.h>
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "handle.h"

#define LAMBDA_ATTR_FLAGS	(LAMBDA_ATTR_BUDGET | LAMBDA_ATTR_MERGE)

static void handle_destroy(struct lambda_handle *handle)
{
	kvfree(handle->image.rodata);
	kvfree(handle->image.data);
	if (handle->image.prog)
		bpf_prog_put(handle->image.prog);
	if (handle->merge.prog)
		bpf_prog_put(handle->merge.prog);
	kfree(handle);
}

static int handle_release(struct inode *inode, struct file *file)
{
	struct lambda_handle *handle = file->private_data;

	bpf_lambda_window_forget(handle->image.id);
	if (handle->merge.prog)
		bpf_lambda_window_forget(handle->merge.id);
	blk_lambda_forget(handle->image.id);
	handle_destroy(handle);
	return 0;
}

#ifdef CONFIG_PROC_FS
static void handle_show_fdinfo(struct seq_file *m, struct file *file)
{
	const struct lambda_handle *handle = file->private_data;
	const struct bpf_lambda_image *image = &handle->image;
	const struct bpf_prog *prog = image->prog;
	const struct bpf_lambda_prog *lambda = prog->aux->lambda;

	seq_printf(m, "image_id:\t%llu\n", image->id);
	seq_printf(m, "prog_id:\t%u\n", prog->aux->id);
	seq_printf(m, "prog_tag:\t%*phN\n", BPF_TAG_SIZE, prog->tag);
	seq_printf(m, "prog_sha256:\t%*phN\n", (int)sizeof(lambda->sha256),
		   lambda->sha256);
	seq_printf(m, "insns:\t%u\n", lambda->len);
	seq_printf(m, "funcs:\t%u\n", lambda->nr_funcs);
	seq_printf(m, "rodata_len:\t%u\n", image->rodata_len);
	seq_printf(m, "data_len:\t%u\n", image->data_len);
	seq_printf(m, "bss_len:\t%u\n", image->bss_len);
	seq_printf(m, "heap_len:\t%u\n", image->heap_len);
	seq_printf(m, "frame_len:\t%u\n", image->frame_len);
	if (handle->default_budget)
		seq_puts(m, "budget:\tdefault\n");
	else
		seq_printf(m, "budget:\t%llu\n", handle->budget);
	seq_printf(m, "record_len:\t%u\n", handle->record_len);
	if (handle->merge.prog)
		seq_printf(m, "merge_prog_id:\t%u\n",
			   handle->merge.prog->aux->id);
}
#endif

static const struct file_operations lambda_handle_fops = {
	.release	= handle_release,
#ifdef CONFIG_PROC_FS
	.show_fdinfo	= handle_show_fdinfo,
#endif
};

/* Copies @len bytes of globals; none are no copy at all. */
static int copy_globals(u64 addr, u64 len, const void **ret)
{
	void *copy;

	if (!len)
		return 0;
	copy = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	if (copy_from_user(copy, u64_to_user_ptr(addr), len)) {
		kvfree(copy);
		return -EFAULT;
	}
	*ret = copy;
	return 0;
}

static int check_attr(const struct lambda_load_attr *attr)
{
	u64 globals;

	if (attr->flags & ~LAMBDA_ATTR_FLAGS || attr->reserved)
		return -EINVAL;
	if (attr->budget > SBPF_BUDGET_MAX)
		return -EINVAL;
	if (attr->budget && !(attr->flags & LAMBDA_ATTR_BUDGET))
		return -EINVAL;
	if (attr->frame_len % SBPF_PAGE_SIZE)
		return -EINVAL;
	if (attr->flags & LAMBDA_ATTR_MERGE ? !attr->record_len :
					      attr->merge_fd)
		return -EINVAL;

	if (attr->frame_len > SBPF_FRAME_MAX || attr->heap_len > SBPF_HEAP_MAX)
		return -EMSGSIZE;
	if (attr->record_len > SBPF_IN_MAX)
		return -EMSGSIZE;
	/* Each length by itself first: their sum could wrap. */
	if (attr->rodata_len > SBPF_DATA_MAX ||
	    attr->data_len > SBPF_DATA_MAX || attr->bss_len > SBPF_DATA_MAX)
		return -EMSGSIZE;
	globals = round_up(attr->rodata_len, SBPF_PAGE_SIZE) +
		  attr->data_len + attr->bss_len;
	return globals > SBPF_DATA_MAX ? -EMSGSIZE : 0;
}

static int get_prog(int fd, struct bpf_prog **ret)
{
	struct bpf_prog *prog = bpf_prog_get_type(fd, BPF_PROG_TYPE_LAMBDA);

	if (IS_ERR(prog))
		return PTR_ERR(prog);
	*ret = prog;
	return 0;
}

static int fill_image(struct bpf_lambda_image *image,
		      const struct lambda_load_attr *attr)
{
	int err = get_prog(attr->prog_fd, &image->prog);

	if (err)
		return err;
	err = copy_globals(attr->rodata, attr->rodata_len, &image->rodata);
	if (err)
		return err;
	err = copy_globals(attr->data, attr->data_len, &image->data);
	if (err)
		return err;

	image->rodata_len = attr->rodata_len;
	image->data_len = attr->data_len;
	image->bss_len = attr->bss_len;
	image->heap_len = attr->heap_len;
	image->frame_len = attr->frame_len ?: SBPF_FRAME_DEFAULT;
	image->id = bpf_lambda_new_image_id();
	return 0;
}

/* Pages of one image are not shown to another: it has an id of its own. */
static int fill_merge(struct lambda_handle *handle, int fd)
{
	struct bpf_lambda_image *merge = &handle->merge;
	struct bpf_prog *prog;
	int err = get_prog(fd, &prog);

	if (err)
		return err;
	*merge = handle->image;
	merge->prog = prog;
	merge->id = bpf_lambda_new_image_id();
	return 0;
}

static int fill_handle(struct lambda_handle *handle,
		       const struct lambda_load_attr *attr)
{
	int err = fill_image(&handle->image, attr);

	if (err)
		return err;
	handle->budget = attr->budget;
	handle->default_budget = !(attr->flags & LAMBDA_ATTR_BUDGET);
	handle->record_len = attr->record_len;
	if (attr->flags & LAMBDA_ATTR_MERGE)
		return fill_merge(handle, attr->merge_fd);
	return 0;
}

/**
 * lambda_handle_create - make a handle and a descriptor for it
 * @attr: what the caller asked for, not yet checked
 *
 * Return: the descriptor, close-on-exec; -EINVAL, -EMSGSIZE, -EBADF, -ENOMEM,
 * -EFAULT, -EMFILE or -ENFILE as lambda_load() documents them.
 */
int lambda_handle_create(const struct lambda_load_attr *attr)
{
	struct lambda_handle *handle;
	int ret;

	ret = check_attr(attr);
	if (ret)
		return ret;
	handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle)
		return -ENOMEM;
	ret = fill_handle(handle, attr);
	if (!ret)
		ret = anon_inode_getfd("lambda", &lambda_handle_fops, handle,
				       O_RDONLY | O_CLOEXEC);
	if (ret < 0)
		handle_destroy(handle);
	return ret;
}

/**
 * lambda_handle_of - tell whether a file is a λ handle, and which
 * @file: any open file
 *
 * Return: the handle, valid while the caller holds @file; NULL for any other
 * kind of file.
 */
struct lambda_handle *lambda_handle_of(struct file *file)
{
	if (file->f_op != &lambda_handle_fops)
		return NULL;
	return file->private_data;
}

/**
 * lambda_handle_budget - budget of one request
 * @handle: what it runs
 * @in_len: bytes of input it has
 *
 * Return: backward jumps it may take.
 */
u64 lambda_handle_budget(const struct lambda_handle *handle, u32 in_len)
{
	if (!handle->default_budget)
		return handle->budget;
	return max(SBPF_BUDGET_DEFAULT, (u64)SBPF_BUDGET_PER_BYTE * in_len);
}

/**
 * lambda_handle_divides - whether a request may run in parts at all
 * @handle: what it runs
 *
 * A budget that the caller has set is for the whole, and nobody could tell what
 * a part in the drive has used of it.
 *
 * Return: true if it may, between records.
 */
bool lambda_handle_divides(const struct lambda_handle *handle)
{
	return handle->record_len && handle->default_budget;
}
