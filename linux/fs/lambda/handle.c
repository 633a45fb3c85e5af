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
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/pfn.h>
#include <linux/security.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "handle.h"

#define LAMBDA_ATTR_FLAGS	(LAMBDA_ATTR_BUDGET | LAMBDA_ATTR_MERGE | \
				 LAMBDA_ATTR_INSNS)

/* Pages that a handle keeps, for as long as it is there. */
static u32 handle_globals_pages(const struct bpf_lambda_image *image)
{
	return PFN_UP(image->rodata_len) + PFN_UP(image->data_len);
}

/*
 * Counts a handle, and before they are copied its globals, for a user without
 * the capabilities for loading λs. It may outlive the user's address spaces.
 */
static int handle_charge(struct lambda_handle *handle)
{
	struct ucounts *ucounts =
		bpf_lambda_charge_count(UCOUNT_RLIMIT_LAMBDA_HANDLES,
					BPF_LAMBDA_HANDLES_USER);
	struct bpf_lambda_payer payer = { .ucounts = ucounts };

	if (IS_ERR_OR_NULL(ucounts))
		return PTR_ERR_OR_ZERO(ucounts);
	if (bpf_lambda_charge_pay(&payer, BPF_LAMBDA_PRIVATE, 0,
				  handle_globals_pages(&handle->image))) {
		bpf_lambda_charge_uncount(ucounts,
					  UCOUNT_RLIMIT_LAMBDA_HANDLES);
		return -EDQUOT;
	}
	handle->ucounts = ucounts;
	return 0;
}

static void handle_uncharge(struct lambda_handle *handle)
{
	struct ucounts *ucounts = handle->ucounts;
	struct bpf_lambda_payer payer = { .ucounts = ucounts };

	if (!ucounts)
		return;
	bpf_lambda_charge_unpay(&payer, BPF_LAMBDA_PRIVATE,
				handle_globals_pages(&handle->image));
	bpf_lambda_charge_uncount(ucounts, UCOUNT_RLIMIT_LAMBDA_HANDLES);
}

static void handle_destroy(struct lambda_handle *handle)
{
	kvfree(handle->image.rodata);
	kvfree(handle->image.data);
	if (handle->image.prog)
		bpf_prog_put(handle->image.prog);
	if (handle->merge.prog)
		bpf_prog_put(handle->merge.prog);
	handle_uncharge(handle);
	kfree(handle);
}

static int handle_release(struct inode *inode, struct file *file)
{
	struct lambda_handle *handle = file->private_data;

	bpf_lambda_pool_forget(handle->image.id);
	if (handle->merge.prog)
		bpf_lambda_pool_forget(handle->merge.id);
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
	.llseek		= noop_llseek,
#ifdef CONFIG_PROC_FS
	.show_fdinfo	= handle_show_fdinfo,
#endif
};

/* Copies @len bytes of globals; none are no copy at all. */
static int handle_copy_globals(u64 addr, u64 len, const void **ret)
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

/* The programs: by descriptors, or by instructions and nothing else. */
static int handle_check_programs(const struct lambda_load_attr *attr)
{
	bool merge = attr->flags & LAMBDA_ATTR_MERGE;

	if (attr->reserved || attr->reserved2)
		return -EINVAL;
	if (merge ? !attr->record_len : attr->merge_fd)
		return -EINVAL;
	if (!(attr->flags & LAMBDA_ATTR_INSNS))
		return attr->insns || attr->insn_cnt || attr->merge_insns ||
		       attr->merge_insn_cnt || attr->log_buf ||
		       attr->log_size ? -EINVAL : 0;
	if (attr->prog_fd || attr->merge_fd)
		return -EINVAL;
	if (!merge && (attr->merge_insns || attr->merge_insn_cnt))
		return -EINVAL;
	return !attr->log_buf != !attr->log_size ? -EINVAL : 0;
}

static int handle_check_attr(const struct lambda_load_attr *attr)
{
	u64 globals;

	if (attr->flags & ~LAMBDA_ATTR_FLAGS || handle_check_programs(attr))
		return -EINVAL;
	if (attr->budget > SBPF_BUDGET_MAX)
		return -EINVAL;
	if (attr->budget && !(attr->flags & LAMBDA_ATTR_BUDGET))
		return -EINVAL;
	if (attr->frame_len % SBPF_PAGE_SIZE)
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

static struct bpf_prog *
handle_prog_of_insns(const struct lambda_load_attr *attr, u64 insns, u32 len)
{
	const struct bpf_lambda_source src = {
		.insns = u64_to_user_ptr(insns),
		.len = len,
		.log = u64_to_user_ptr(attr->log_buf),
		.log_size = attr->log_size,
	};

	return bpf_lambda_load(&src);
}

/* An image owns its program as soon as it has one. */
static int handle_set_prog(struct bpf_lambda_image *image,
			   struct bpf_prog *prog)
{
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	if (!bpf_lambda_is_listed(prog)) {
		bpf_prog_put(prog);
		return -EAGAIN;
	}
	image->prog = prog;
	image->id = bpf_lambda_new_image_id();
	return 0;
}

static int handle_fill_image(struct bpf_lambda_image *image,
			     const struct lambda_load_attr *attr)
{
	int err;

	err = handle_set_prog(image, attr->flags & LAMBDA_ATTR_INSNS ?
			      handle_prog_of_insns(attr, attr->insns,
						   attr->insn_cnt) :
			      bpf_prog_get_type(attr->prog_fd,
						BPF_PROG_TYPE_LAMBDA));
	if (err)
		return err;
	err = handle_copy_globals(attr->rodata, image->rodata_len,
				  &image->rodata);
	if (err)
		return err;
	return handle_copy_globals(attr->data, image->data_len, &image->data);
}

/* Pages of one image are not shown to another: it has an id of its own. */
static int handle_fill_merge(struct lambda_handle *handle,
			     const struct lambda_load_attr *attr)
{
	struct bpf_prog *prog;
	int err;

	prog = attr->flags & LAMBDA_ATTR_INSNS ?
	       handle_prog_of_insns(attr, attr->merge_insns,
				    attr->merge_insn_cnt) :
	       bpf_prog_get_type(attr->merge_fd, BPF_PROG_TYPE_LAMBDA);
	if (!IS_ERR(prog))
		handle->merge = handle->image;
	err = handle_set_prog(&handle->merge, prog);
	if (err)
		handle->merge.prog = NULL;
	return err;
}

static int fill_handle(struct lambda_handle *handle,
		       const struct lambda_load_attr *attr)
{
	struct bpf_lambda_image *image = &handle->image;
	int err;

	image->rodata_len = attr->rodata_len;
	image->data_len = attr->data_len;
	image->bss_len = attr->bss_len;
	image->heap_len = attr->heap_len;
	image->frame_len = attr->frame_len ?: SBPF_FRAME_DEFAULT;
	handle->budget = attr->budget;
	handle->default_budget = !(attr->flags & LAMBDA_ATTR_BUDGET);
	handle->record_len = attr->record_len;

	err = handle_charge(handle);
	if (!err)
		err = handle_fill_image(image, attr);
	if (!err && attr->flags & LAMBDA_ATTR_MERGE)
		err = handle_fill_merge(handle, attr);
	return err;
}

/**
 * lambda_handle_permit - ask the security modules whether the caller may run a λ
 * @handle: the λ
 *
 * They mediate descriptors of BPF programs where those are made and received.
 * A handle is passed on as one of another kind, so they are asked whenever it
 * is to be used.
 *
 * Return: 0, or their error, -EACCES.
 */
int lambda_handle_permit(const struct lambda_handle *handle)
{
	int err = security_bpf_prog(handle->image.prog);

	if (!err && handle->merge.prog)
		err = security_bpf_prog(handle->merge.prog);
	return err;
}

/**
 * lambda_handle_create - make a handle and a descriptor for it
 * @attr: what the caller asked for, not yet checked
 *
 * The descriptor has an inode of its own, by which security modules can tell
 * which tasks may be given it.
 *
 * Return: the descriptor, close-on-exec; an errno as lambda_load() documents
 * them.
 */
int lambda_handle_create(const struct lambda_load_attr *attr)
{
	struct lambda_handle *handle;
	int ret;

	ret = handle_check_attr(attr);
	if (ret)
		return ret;
	handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle)
		return -ENOMEM;
	ret = fill_handle(handle, attr);
	if (!ret)
		ret = lambda_handle_permit(handle);
	if (!ret)
		ret = anon_inode_create_getfd("lambda", &lambda_handle_fops,
					      handle, O_RDONLY | O_CLOEXEC,
					      NULL);
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
	return sbpf_default_budget(in_len);
}

/**
 * lambda_handle_divides - whether a request may run in parts at all
 * @handle: what it runs
 *
 * A budget that the caller has set is for the whole, and what of it a part in
 * the drive has used could not be told.
 *
 * Return: true if it may, between records.
 */
bool lambda_handle_divides(const struct lambda_handle *handle)
{
	return handle->record_len && handle->default_budget;
}
