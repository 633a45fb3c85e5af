// SPDX-License-Identifier: GPL-2.0-only
/*
 * One request of fuzz_test: mostly good arguments, and what must hold of the
 * result whatever they were and whatever others did meanwhile.
 */
#include <errno.h>
#include <string.h>

#include "fuzz.h"

/* What the caller's buffer is full of before a read. */
#define UNTOUCHED	0xa5

#define SIDES		(LAMBDA_IO_HOST | LAMBDA_IO_DEVICE)
#define FLAGS		(SIDES | LAMBDA_IO_NO_FALLBACK | LAMBDA_IO_SNAPSHOT)

struct request {
	enum fuzz_call call;
	int fd;
	struct fuzz_handle lambda;
	char *buf;
	size_t count;
	off_t offset;
	struct lambda_io *io;		/* NULL, steady or anywhere */
	struct lambda_io before;	/* what a steady one held */
	char tail;			/* and what was behind it */
	bool steady_buf, steady_io, steady_args;
};

static __u64 random_count(struct fuzzer *f)
{
	const __u64 near[] = {
		0, 1, PAGE, 64 * KIB, STEADY, SBPF_IN_MAX, SBPF_OUT_MAX,
		SIZE_MAX,
	};

	if (chance(f, 60))
		return below(f, 2 * PAGE);
	return chance(f, 85) ? below(f, STEADY) :
			       fuzz_number(f, near, ARRAY_SIZE(near));
}

static off_t random_offset(struct fuzzer *f)
{
	const __u64 near[] = {
		0, PAGE, 64 * KIB, MIB, 1ull << 32, INT64_MAX, UINT64_MAX,
	};

	if (chance(f, 60))
		return chance(f, 50) ? 0 : below(f, 64) * PAGE;
	return chance(f, 70) ? below(f, 300 * KIB) :
			       fuzz_number(f, near, ARRAY_SIZE(near));
}

static __u32 random_flags(struct fuzzer *f)
{
	static const __u32 good[] = {
		0, LAMBDA_IO_HOST, LAMBDA_IO_DEVICE, LAMBDA_IO_SNAPSHOT,
		LAMBDA_IO_DEVICE | LAMBDA_IO_NO_FALLBACK,
		LAMBDA_IO_HOST | LAMBDA_IO_SNAPSHOT,
	};

	return chance(f, 96) ? good[below(f, ARRAY_SIZE(good))] :
			       1u << below(f, 32) | fuzz_random(f) % 16;
}

/* Arguments: two numbers that mean something, or any bytes. */
static void random_args(struct fuzzer *f, struct request *r,
			struct lambda_io *io)
{
	const __u64 near[] = { 0, 8, PAGE, SBPF_ARGS_MAX };
	__u64 *words = (__u64 *)f->args;

	io->args_len = chance(f, 60) ? 16 : chance(f, 80) ? below(f, 2 * PAGE) :
		       fuzz_number(f, near, ARRAY_SIZE(near));
	words[0] = chance(f, 70) ? below(f, 2 * PAGE) : fuzz_random(f) >> 36;
	words[1] = chance(f, 70) ? below(f, words[0] + 1) : fuzz_random(f);
	r->steady_args = chance(f, 95);
	io->args = (uintptr_t)(r->steady_args ? f->args : fuzz_address(f));
}

static void random_io(struct fuzzer *f, struct request *r)
{
	const __u64 near[] = { 0, sizeof(struct lambda_io), PAGE };
	struct lambda_io io = {
		.result = { .status = 0xdead, .fault_addr = 0xbeef },
	};

	io.size = chance(f, 95) ? sizeof(io) :
		  fuzz_number(f, near, ARRAY_SIZE(near));
	io.result_size = chance(f, 95) ? sizeof(io.result) :
			 fuzz_number(f, near, ARRAY_SIZE(near));
	io.flags = random_flags(f);
	io.out_cap = chance(f, 20) ? r->count : random_count(f);
	random_args(f, r, &io);
	r->steady_io = chance(f, 95);
	r->io = r->steady_io ? (struct lambda_io *)f->io : fuzz_address(f);
	if (!r->steady_io)
		return;
	r->tail = chance(f, 20);
	memset(f->io + sizeof(io), r->tail, 2 * PAGE);
	memcpy(f->io, &io, sizeof(io));
	r->before = io;
}

static void random_request(struct fuzzer *f, struct request *r)
{
	*r = (struct request) {
		.call = chance(f, 60) ? FUZZ_PREAD : FUZZ_PWRITE,
		.fd = chance(f, 99) ? SLOT_BASE + (int)below(f, SLOTS) :
				      (int)fuzz_random(f),
		.lambda = f->own[below(f, FUZZ_KINDS)],
		.count = random_count(f),
		.offset = random_offset(f),
		.steady_buf = chance(f, 80),
		.steady_args = true,
	};
	if (chance(f, 30))
		r->lambda = (struct fuzz_handle) {
			.fd = LAMBDA_BASE + below(f, LAMBDAS), .kind = FUZZ_ANY,
		};
	r->buf = r->steady_buf ? f->buf : fuzz_address(f);
	if (chance(f, 90))
		random_io(f, r);
	else
		r->before = (struct lambda_io) { .out_cap = r->count };
}

/* Bytes at the start of the buffer that nobody but the request changes. */
static size_t watched(const struct request *r)
{
	__u64 len = r->call == FUZZ_PREAD ? r->before.out_cap : r->count;

	if (!r->steady_buf || (r->io && !r->steady_io))
		return 0;
	return len < STEADY ? len : STEADY;
}

/* Bytes of inputs that the caller has. */
static __u32 inputs(const struct lambda_io *io)
{
	return io->size - io->result_size;
}

static bool zero(const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len && !*p) {
		p++;
		len--;
	}
	return !len;
}

/* Inputs that the kernel does not know: the caller's result, and the tail. */
static bool asks_for_more(const struct request *r)
{
	const struct lambda_io *io = &r->before;
	const size_t known = offsetof(struct lambda_io, result);
	size_t more = inputs(io) - known;

	if (inputs(io) <= known)
		return false;
	if (more <= sizeof(io->result))
		return !zero(&io->result, more);
	return r->tail || !zero(&io->result, sizeof(io->result));
}

static int refused_sizes(const struct request *r)
{
	const struct lambda_io *io = &r->before;

	if (io->size > PAGE)
		return -E2BIG;
	if (io->size < LAMBDA_IO_INPUT_SIZE_VER0 ||
	    io->result_size < LAMBDA_RESULT_SIZE_VER0)
		return -EPROTONOSUPPORT;
	if (io->result_size > io->size - LAMBDA_IO_INPUT_SIZE_VER0 ||
	    (io->size | io->result_size) % 8)
		return -EINVAL;
	return asks_for_more(r) ? -E2BIG : 0;
}

/* What must be refused before the descriptors are looked at, and how. */
static int refusal(const struct request *r)
{
	const struct lambda_io *io = &r->before;
	size_t skew = r->call == FUZZ_PREAD ? r->offset & (PAGE - 1) : 0;

	if (r->io) {
		int err = refused_sizes(r);

		if (err)
			return err;
		if (io->flags & ~FLAGS || (io->flags & SIDES) == SIDES)
			return -EINVAL;
		if (io->flags & LAMBDA_IO_NO_FALLBACK &&
		    !(io->flags & LAMBDA_IO_DEVICE))
			return -EINVAL;
	}
	if (r->offset < 0)
		return -EINVAL;
	if (io->args_len > SBPF_ARGS_MAX || io->out_cap > SBPF_OUT_MAX ||
	    r->count > SBPF_IN_MAX - skew)
		return -EMSGSIZE;
	return 0;
}

static void check_refusal(const struct request *r, ssize_t ret, int error)
{
	int want = refusal(r);
	bool early = error == E2BIG || error == EMSGSIZE;

	if (r->io && !r->steady_io)
		return;
	if (want ? error != -want : early)
		fuzz_wrong("call %d returned %zd, %s; wanted %s", r->call, ret,
			   strerror(error), strerror(-want));
}

/* The buffer changes by the bytes that are returned, and not at all else. */
static void check_buffer(const struct request *r, ssize_t ret, int error)
{
	size_t from = r->call == FUZZ_PREAD && ret > 0 ? ret : 0;
	size_t k, len = watched(r);

	if (ret < 0 && error == EFAULT) {
		if (r->call == FUZZ_PREAD ? len == r->before.out_cap :
					    len == r->count) {
			if (len && r->steady_args)
				fuzz_wrong("EFAULT, but all was there");
		}
		return;
	}
	for (k = from; k < len; k++) {
		if ((__u8)r->buf[k] == UNTOUCHED)
			continue;
		fuzz_wrong("call %d returned %zd, %s, and changed byte %zu",
			   r->call, ret, strerror(error), k);
		return;
	}
}

/* How a λ that copies @len bytes to its output ends. */
static bool copies(const struct lambda_io *io, __u64 len)
{
	__u64 room = (io->out_cap + PAGE - 1) & -PAGE;

	if (len > room)
		return io->result.status == LAMBDA_STATUS_FAULT &&
		       io->result.fault_write &&
		       io->result.fault_addr == (__s64)(SBPF_OUT_BASE + room);
	if (len > io->out_cap)
		return io->result.status == LAMBDA_STATUS_BAD_LENGTH &&
		       io->result.retval == (__s32)len;
	return io->result.status == LAMBDA_STATUS_OK &&
	       io->result.out_len == len;
}

static bool ends_right(const struct request *r)
{
	const struct lambda_io *io = r->io;

	switch (r->lambda.kind) {
	case FUZZ_CTX:
		return copies(io, sizeof(struct lambda_ctx));
	case FUZZ_ARGS:
		return copies(io, io->args_len);
	case FUZZ_COPY:
		return copies(io, io->result.in_len);
	case FUZZ_ERROR:
		return io->result.status == LAMBDA_STATUS_ERROR &&
		       io->result.retval == FUZZ_OWN_ERROR;
	default:
		return true;
	}
}

static bool outputs_right(const struct request *r)
{
	const struct lambda_io *io = r->io;
	struct lambda_ctx ctx;

	if (r->call == FUZZ_PWRITE || io->result.out_len > watched(r))
		return true;
	if (r->lambda.kind == FUZZ_ARGS && r->steady_args)
		return !memcmp(r->buf, (void *)(uintptr_t)io->args,
			       io->result.out_len);
	if (r->lambda.kind != FUZZ_CTX)
		return true;
	memcpy(&ctx, r->buf, sizeof(ctx));
	return ctx.in_len == io->result.in_len && ctx.out_cap == io->out_cap &&
	       ctx.args_len == io->args_len &&
	       ctx.offset == (__u64)r->offset && ctx.out == SBPF_OUT_BASE &&
	       ctx.in == SBPF_IN_BASE + (r->offset & (PAGE - 1));
}

/* Fields that go together, whatever the λ was. */
static bool agree(const struct request *r, ssize_t ret, int error)
{
	const struct lambda_io *io = r->io;
	bool own = io->result.status == LAMBDA_STATUS_OK ||
		   io->result.status == LAMBDA_STATUS_ERROR ||
		   io->result.status == LAMBDA_STATUS_BAD_LENGTH;
	bool fault = io->result.status == LAMBDA_STATUS_FAULT;
	bool bad = io->result.status > LAMBDA_STATUS_OK &&
		   io->result.status <= LAMBDA_STATUS_OVER_BUDGET;
	bool canceled = error == ECANCELED;

	if (!own && io->result.retval)
		return false;
	if (!fault && (io->result.fault_addr || io->result.fault_write))
		return false;
	if (io->result.fault_write > 1 || io->result.reserved ||
	    io->result.in_len > r->count)
		return false;
	if (bad != canceled)
		return false;
	if (io->result.status == LAMBDA_STATUS_ERROR)
		return io->result.retval < 0;
	if (io->result.status == LAMBDA_STATUS_BAD_LENGTH)
		return io->result.retval > 0 &&
		       (__u64)io->result.retval > io->out_cap;
	if (io->result.status == LAMBDA_STATUS_OK)
		return io->result.out_len == (__u64)io->result.retval &&
		       io->result.out_len <= io->out_cap &&
		       (ret < 0 || (r->call == FUZZ_PREAD ?
				    (__u64)ret == io->result.out_len :
				    (__u64)ret <= io->result.out_len));
	if (io->result.status == LAMBDA_STATUS_KILLED)
		return error == EINTR;
	return bad || (io->result.status == LAMBDA_STATUS_NOT_RUN && ret <= 0);
}

static bool side_right(const struct lambda_io *io, int error)
{
	bool ran = io->result.status != LAMBDA_STATUS_NOT_RUN;
	bool somewhere = io->result.side != LAMBDA_SIDE_NONE;

	if (io->result.side > LAMBDA_SIDE_BOTH || ran != somewhere)
		return false;
	if (io->flags & LAMBDA_IO_HOST && ran)
		return io->result.side == LAMBDA_SIDE_HOST &&
		       io->result.reason == LAMBDA_REASON_FORCED;
	if (io->flags & LAMBDA_IO_NO_FALLBACK && ran)
		return io->result.side == LAMBDA_SIDE_DEVICE;
	if (error == EOPNOTSUPP)
		return io->flags & LAMBDA_IO_NO_FALLBACK;
	return io->result.side != LAMBDA_SIDE_HOST || !io->result.bytes_link;
}

static void tell(const struct request *r, ssize_t ret, int error)
{
	const struct lambda_io *io = r->io;

	fuzz_wrong("call %d of λ %d on %d, %zu bytes, cap %llu, args %u, flags %x: %zd, %s",
		   r->call, r->lambda.kind, r->fd, r->count, io->out_cap,
		   io->args_len, io->flags, ret, strerror(error));
	fuzz_wrong("... status %u, %d, fault %llx %u, in %llu, out %llu, side %u, %u",
		   io->result.status, io->result.retval, io->result.fault_addr,
		   io->result.fault_write, io->result.in_len,
		   io->result.out_len, io->result.side, io->result.reason);
}

static void check_result(const struct request *r, ssize_t ret, int error)
{
	const struct lambda_io *io = r->io;
	const size_t given = offsetof(struct lambda_io, result);

	if (!io || !r->steady_io)
		return;
	if (memcmp(io, &r->before, given))
		fuzz_wrong("what the caller gave in io has changed");
	if (refused_sizes(r)) {
		if (memcmp(io, &r->before, sizeof(*io)))
			fuzz_wrong("an io that was refused has changed");
		return;
	}
	/* Where the caller's result lies elsewhere is for io_sizes to test. */
	if (io->size != sizeof(*io) || io->result_size != sizeof(io->result))
		return;
	if (!agree(r, ret, error) || !side_right(io, error) ||
	    (io->result.side && error != EINTR && !ends_right(r)) ||
	    (ret > 0 && !outputs_right(r)))
		tell(r, ret, error);
	tally->ends[r->call][io->result.status % (LAMBDA_STATUS_NOT_RUN + 1)]++;
	tally->sides[io->result.side % 3]++;
}

void make_request(struct fuzzer *f)
{
	struct request r;
	ssize_t ret;
	int error;

	random_request(f, &r);
	memset(f->buf, UNTOUCHED, watched(&r));
	if (r.call == FUZZ_PREAD)
		ret = lambda_pread(r.fd, r.buf, r.count, r.offset, r.lambda.fd,
				   r.io);
	else
		ret = lambda_pwrite(r.fd, r.buf, r.count, r.offset,
				    r.lambda.fd, r.io);
	error = ret < 0 ? errno : 0;
	fuzz_count(r.call, error);
	check_refusal(&r, ret, error);
	check_buffer(&r, ret, error);
	check_result(&r, ret, error);
}
