/* SPDX-License-Identifier: GPL-2.0-only */
/* What the code of thunk_test.c that is assembly calls, and what C calls of it. */
#ifndef LAMBDA_SELFTEST_THUNK_H
#define LAMBDA_SELFTEST_THUNK_H

/* A run whose innermost function does what @code does. */
void step_run(void *hdr, void (*code)(void));
void touch_twice(void);
void call_memset(void);
void call_memmove(void);
void fall_back(void);
void fault(void);

/* The C side of the thunks; @hdr is the window's header. */
long bpf_lambda_tick(void *hdr);
int bpf_lambda_touch(void *hdr);
long bpf_lambda_memmove(void *hdr);
long bpf_lambda_memmem(void *hdr);
long bpf_lambda_array(void *hdr);

/* R0, and what is left of the quantum; negative: the run ends. */
struct short_end {
	long ret;
	long ticks;
};

struct short_end bpf_lambda_short_memcpy(void);
struct short_end bpf_lambda_short_memset(void);
struct short_end bpf_lambda_short_memcmp(void);
struct short_end bpf_lambda_short_memchr(void);
struct short_end bpf_lambda_short_crc32c(void);

#endif /* LAMBDA_SELFTEST_THUNK_H */
