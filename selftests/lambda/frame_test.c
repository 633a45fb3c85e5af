// SPDX-License-Identifier: GPL-2.0-only
/* The stack: one fixed frame for each function, and nothing between them. */
#include "common.h"
#include "harness.h"

#define PAGE	((int)SBPF_PAGE_SIZE)
#define BODY	8		/* instructions of a leaf */

/*
 * A program of @funcs functions: the entry calls each of the others once, and
 * function @who runs @body, which ends with the entry's R0 in R0. The others
 * return 0; the entry returns the sum, as output where it is not negative.
 */
struct frames {
	unsigned int funcs, who;
	struct bpf_insn body[BODY - 2];
	size_t body_len;
	__u32 frame_len;
};

static size_t leaf(struct bpf_insn *p, const struct frames *f, unsigned int k)
{
	size_t n = 0, i;

	p[n++] = MOVI(R0, 0);
	for (i = 0; k == f->who && i < f->body_len; i++)
		p[n++] = f->body[i];
	p[n++] = EXIT();
	return n;
}

/* Handle of the program; -1 on refusal. */
static int build(const struct frames *f)
{
	const struct lambda_load_attr attr = { .frame_len = f->frame_len };
	struct bpf_insn *p = calloc(f->funcs * 4 + 64, sizeof(*p));
	size_t at[SBPF_FUNCS_MAX] = {}, n = 0, calls;
	unsigned int k, i;
	int fd;

	p[n++] = MOVI(R7, 0);
	calls = n;
	n += 2 * (f->funcs - 1);
	if (!f->who) {
		p[n++] = MOVI(R0, 0);
		for (i = 0; i < f->body_len; i++)
			p[n++] = f->body[i];
		p[n++] = ADD(R7, R0);
	}
	p[n++] = MOVI(R1, SBPF_OUT_BASE);
	p[n++] = STX(BPF_DW, R1, 0, R7);
	p[n++] = MOVI(R0, 8);
	p[n++] = EXIT();
	for (k = 1; k < f->funcs; k++) {
		at[k] = n;
		n += leaf(p + n, f, k);
	}
	for (k = 1; k < f->funcs; k++) {
		i = calls + 2 * (k - 1);
		p[i] = CALL_LOCAL(at[k] - (i + 1));
		p[i + 1] = ADD(R7, R0);
	}
	fd = handle_attr(p, n, &attr);
	free(p);
	return fd;
}

/* Where R10 of function @who points, as the program itself sees it. */
static __u64 frame_pointer(unsigned int funcs, unsigned int who)
{
	const struct frames f = {
		.funcs = funcs, .who = who,
		.body = { MOV(R0, R10) }, .body_len = 1,
	};
	int lambda = build(&f);
	struct lambda_io io;
	__u64 result = 0;

	if (lambda < 0 || run_plain(lambda, &result, &io) != 8)
		return 0;
	close(lambda);
	return result;
}

TEST(constant_per_function)
{
	EXPECT_EQ(SBPF_FRAME_TOP(0), frame_pointer(1, 0));
	EXPECT_EQ(SBPF_FRAME_TOP(0), frame_pointer(3, 0));
	EXPECT_EQ(SBPF_FRAME_TOP(2), frame_pointer(3, 2));
	EXPECT_EQ(SBPF_FRAME_TOP(255), frame_pointer(256, 255));
}

FIXTURE(frame) {
	struct frames f;
	__s64 top;
};

FIXTURE_VARIANT(frame) {
	unsigned int funcs, who;
	__u32 frame_len;	/* as asked for */
	int bytes;		/* as given */
};

#define VARIANT(name, ...)						\
	FIXTURE_VARIANT_ADD(frame, name) { __VA_ARGS__ }

VARIANT(only, 1, 0, 0, PAGE);
VARIANT(first_of_three, 3, 0, 0, PAGE);
VARIANT(last_of_three, 3, 2, 0, PAGE);
VARIANT(last_of_256, 256, 255, 0, PAGE);
VARIANT(two_pages, 3, 1, 2 * PAGE, 2 * PAGE);
VARIANT(largest_first, 3, 0, SBPF_FRAME_MAX, SBPF_FRAME_MAX);
VARIANT(largest_last, 256, 255, SBPF_FRAME_MAX, SBPF_FRAME_MAX);

FIXTURE_SETUP(frame)
{
	self->f = (struct frames) {
		.funcs = variant->funcs, .who = variant->who,
		.frame_len = variant->frame_len,
	};
	self->top = SBPF_FRAME_TOP(variant->who);
}

FIXTURE_TEARDOWN(frame)
{
}

/* One access at @off from R10: through R10 itself, or through a copy of it. */
static ssize_t access_at(struct frames *f, bool direct, bool write, int off,
			 __u8 size, struct lambda_io *io, __u64 *seen)
{
	int lambda, base = direct ? R10 : R2, disp = direct ? off : 0;
	ssize_t ret;

	f->body_len = 0;
	f->body[f->body_len++] = MOV(R2, R10);
	f->body[f->body_len++] = ADDI(R2, off);
	if (write)
		f->body[f->body_len++] = ST(size, base, disp, 0x55);
	f->body[f->body_len++] = LDX(size, R0, base, disp);
	lambda = build(f);
	if (lambda < 0)
		return -1;
	ret = run_plain(lambda, seen, io);
	close(lambda);
	return ret;
}

static const __u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

/* Programs of 256 functions take long to load; the ends of sizes must do. */
#define NEXT_SIZE(variant)	((variant)->funcs == SBPF_FUNCS_MAX ? 3 : 1)

TEST_F(frame, both_ends_inside)
{
	int i, direct, bytes = variant->bytes;
	struct lambda_io io;
	__u64 seen;

	for (i = 0; i < 4; i += NEXT_SIZE(variant)) {
		for (direct = 0; direct < 2; direct++) {
			EXPECT_EQ(8, access_at(&self->f, direct, true, -(1 << i),
					       sizes[i], &io, &seen));
			EXPECT_EQ(0x55, seen);
			EXPECT_EQ(8, access_at(&self->f, direct, false,
					       -(1 << i), sizes[i], &io,
					       &seen));
			EXPECT_EQ(0, seen);
			if (direct && bytes > 32768)
				continue;
			EXPECT_EQ(8, access_at(&self->f, direct, true, -bytes,
					       sizes[i], &io, &seen));
			EXPECT_EQ(0x55, seen);
		}
	}
}

#define EXPECT_FAULT(at, direct, write, off, size) do {			\
	struct lambda_io io;						\
	__u64 seen;							\
									\
	EXPECT_EQ(-1, access_at(&self->f, direct, write, off, size, &io, \
				&seen));				\
	EXPECT_EQ(ECANCELED, errno);					\
	EXPECT_EQ(LAMBDA_STATUS_FAULT, io.result.status);			\
	EXPECT_EQ(at, io.result.fault_addr);					\
	EXPECT_EQ(write, io.result.fault_write);				\
} while (0)

TEST_F(frame, overrun_upwards)
{
	int i, direct, write;

	for (i = 0; i < 4; i += NEXT_SIZE(variant)) {
		for (direct = 0; direct < 2; direct++) {
			for (write = 0; write < 2; write++) {
				EXPECT_FAULT(self->top, direct, write,
					     1 - (1 << i), sizes[i]);
				EXPECT_FAULT(self->top, direct, write, 0,
					     sizes[i]);
				EXPECT_FAULT(self->top + PAGE - 1, direct, write,
					     PAGE - 1, BPF_B);
			}
		}
	}
}

TEST_F(frame, overrun_downwards)
{
	int i, direct, write, bytes = variant->bytes;

	for (i = 0; i < 4; i += NEXT_SIZE(variant)) {
		for (direct = 0; direct < 2; direct++) {
			for (write = 0; write < 2; write++) {
				if (direct && bytes >= 32768)
					continue;
				EXPECT_FAULT(self->top - bytes - 1, direct,
					     write, -bytes - 1, sizes[i]);
				EXPECT_FAULT(self->top - bytes - PAGE, direct,
					     write, -bytes - PAGE, sizes[i]);
			}
		}
	}
}

/* Frames of functions that do not exist are not there. */
TEST_F(frame, of_no_function)
{
	int off = (variant->funcs - variant->who) * (int)SBPF_FRAME_STRIDE - 8;

	EXPECT_FAULT(self->top + off, 0, 0, off, BPF_DW);
	off = -(int)(variant->who + 1) * (int)SBPF_FRAME_STRIDE - 8;
	EXPECT_FAULT(self->top + off, 0, 1, off, BPF_DW);
}

/* A caller's frame is memory like any other: addresses of locals may pass. */
TEST(address_of_a_local_passed_down)
{
	const struct bpf_insn p[] = {
		ST(BPF_DW, R10, -8, 40),
		MOV(R1, R10),
		ADDI(R1, -8),
		CALL_LOCAL(6),
		LDX(BPF_DW, R2, R10, -8),
		OUTPUT_U64(R2),
		/* callee: adds 2 to what R1 points to, and marks its own */
		LDX(BPF_DW, R2, R1, 0),
		ADDI(R2, 2),
		STX(BPF_DW, R1, 0, R2),
		ST(BPF_DW, R10, -8, 7),
		MOVI(R0, 0),
		EXIT(),
	};
	struct lambda_io io;
	__u64 result = 0;
	int lambda = HANDLE(p);

	ASSERT_LE(0, lambda);
	EXPECT_EQ(8, run_plain(lambda, &result, &io));
	EXPECT_EQ(42, result);
}

TEST_HARNESS_MAIN
