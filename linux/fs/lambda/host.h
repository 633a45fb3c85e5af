/* SPDX-License-Identifier: GPL-2.0-only */
/* HOST: λs run over the page cache. */
#ifndef _FS_LAMBDA_HOST_H
#define _FS_LAMBDA_HOST_H

#include <linux/types.h>

/*
 * Quanta of a run that must not wait. They are a million instructions at most,
 * for the caller's thread has more to do than this: about as long as a tick of
 * the clock at HZ=1000 and one instruction a nanosecond.
 */
#define LAMBDA_NOWAIT_QUANTA	16

struct bpf_lambda_window;
struct lambda_request;

ssize_t lambda_host_read(struct lambda_request *req);
ssize_t lambda_host_run(struct lambda_request *req,
			struct bpf_lambda_window **ret);
void lambda_host_put(struct bpf_lambda_window *w);
int lambda_host_deliver(struct bpf_lambda_window *w, void __user *buf, u32 len);
ssize_t lambda_host_merge(struct lambda_request *req, const void *in, u32 len);
ssize_t lambda_host_write(struct lambda_request *req);

#endif /* _FS_LAMBDA_HOST_H */
