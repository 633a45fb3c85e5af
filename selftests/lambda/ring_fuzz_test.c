// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs through rings at random, beside other operations: rings of several kinds,
 * batches of entries that are right, wrong or of random bytes, linked, cancelled
 * and late, in a drive that keeps some of them; and processes that go in the
 * middle. Each entry has its completion, and in the end nothing is left.
 *
 * None is drained: in this kernel an entry with IOSQE_IO_DRAIN counts completions,
 * waits for ever when one behind it fails as it is prepared, and so do all behind.
 *
 * RING_FUZZ batches are made (100), from seed RING_SEED on (1): batch N is the same
 * whichever came before it, so that a run can be gone on with.
 */
#include "common.h"
#include "drive.h"
#include "harness.h"
#include "places.h"
#include "ring.h"

#define BATCH	32
#define SOON	20.0

static const struct bpf_insn spin[] = { GOTO(-1) };

/* What a batch draws from. */
struct world {
	struct io_uring ring;
	struct lambda_io ios[BATCH];
	struct __kernel_timespec ts[BATCH];
	unsigned long long state;
	int files[6], lambdas[4];
	char *buf;
};

static unsigned int draw(struct world *w, unsigned int below)
{
	w->state = w->state * 6364136223846793005ull + 1442695040888963407ull;
	return (w->state >> 33) % below;
}

/* Mostly a small number, at times any. */
static unsigned int draw_length(struct world *w)
{
	static const unsigned int some[] = { 0, 1, 8, 512, 4096, 5000, LEN };

	return draw(w, 8) ? some[draw(w, ARRAY_SIZE(some))] :
			    draw(w, 1u << 31);
}

static char *draw_buffer(struct world *w)
{
	switch (draw(w, 8)) {
	case 0:
		return NULL;
	case 1:
		return (char *)(~0ul << draw(w, 63));
	default:
		return w->buf + draw(w, LEN);
	}
}

static struct lambda_io *draw_io(struct world *w, int i)
{
	static const __u32 sides[] = {
		0, LAMBDA_IO_HOST, LAMBDA_IO_DEVICE, FORCED, FORCED,
	};
	struct lambda_io *io = &w->ios[i];

	*io = io_for(draw_length(w) % (2 * LEN), w->buf, draw(w, 2) * 8);
	io->flags = sides[draw(w, ARRAY_SIZE(sides))];
	if (!draw(w, 16))
		io->size = draw(w, 256);
	if (!draw(w, 16))
		io->flags = draw(w, 64);
	return draw(w, 16) ? io : NULL;
}

static void put_lambda(struct world *w, struct io_uring_sqe *sqe, int i)
{
	int opcode = draw(w, 5) ? LAMBDA_RING_PREAD : LAMBDA_RING_PWRITE;

	io_uring_prep_rw(opcode, sqe, w->files[draw(w, 6)], draw_buffer(w),
			 draw_length(w), draw_length(w));
	sqe->splice_fd_in = w->lambdas[draw(w, 4)];
	sqe->addr3 = (uintptr_t)draw_io(w, i);
	if (!draw(w, 8))
		sqe->splice_flags = 1u << draw(w, 32);
}

/* Any bytes, but for the flags that would keep completions back. */
static void put_garbage(struct world *w, struct io_uring_sqe *sqe)
{
	unsigned char *bytes = (void *)sqe;
	size_t i;

	for (i = 0; i < sizeof(*sqe); i++)
		if (!draw(w, 4))
			bytes[i] = draw(w, 256);
	sqe->opcode = LAMBDA_RING_PREAD + draw(w, 2);
	sqe->flags &= ~(IOSQE_CQE_SKIP_SUCCESS | IOSQE_IO_DRAIN);
}

static void put_cancel(struct world *w, struct io_uring_sqe *sqe)
{
	static const int flags[] = {
		0, 0, IORING_ASYNC_CANCEL_ALL, IORING_ASYNC_CANCEL_ANY,
	};

	io_uring_prep_cancel64(sqe, draw(w, BATCH),
			       flags[draw(w, ARRAY_SIZE(flags))]);
}

static void put_timeout(struct world *w, struct io_uring_sqe *sqe, int i,
			bool linked)
{
	w->ts[i] = (struct __kernel_timespec){
		.tv_nsec = draw(w, 2) ? draw(w, 5000000) : 0 };
	if (linked)
		io_uring_prep_link_timeout(sqe, &w->ts[i], 0);
	else
		io_uring_prep_timeout(sqe, &w->ts[i], draw(w, 4), 0);
}

static void put_any(struct world *w, struct io_uring_sqe *sqe, int i,
		    bool linked)
{
	static const __u8 flags[] = {
		0, 0, 0, IOSQE_IO_LINK, IOSQE_IO_LINK, IOSQE_IO_HARDLINK,
		IOSQE_ASYNC, IOSQE_FIXED_FILE,
	};
	unsigned int what = draw(w, 20);

	if (linked && !draw(w, 2))
		put_timeout(w, sqe, i, true);
	else if (what < 11)
		put_lambda(w, sqe, i);
	else if (what < 13)
		put_garbage(w, sqe);
	else if (what < 15)
		put_cancel(w, sqe);
	else if (what < 16)
		put_timeout(w, sqe, i, false);
	else if (what < 18)
		io_uring_prep_read(sqe, w->files[draw(w, 2)], w->buf, 4096, 0);
	else
		io_uring_prep_nop(sqe);
	if (what < 11 || what >= 16)
		sqe->flags |= flags[draw(w, ARRAY_SIZE(flags))];
	sqe->user_data = i;
}

static int open_ring(struct world *w)
{
	static const unsigned int kinds[] = {
		0, 0, IORING_SETUP_COOP_TASKRUN, IORING_SETUP_SQPOLL,
		IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
	};
	struct io_uring_params p = {
		.flags = kinds[draw(w, ARRAY_SIZE(kinds))] |
			 IORING_SETUP_SUBMIT_ALL,
	};
	int err = io_uring_queue_init_params(2 * BATCH, &w->ring, &p);

	if (!err && draw(w, 2))
		io_uring_register_files(&w->ring, w->files, 4);
	return err;
}

/* What is put, it says by how many completions are to come. */
static int put_batch(struct world *w)
{
	int i, nr = 1 + draw(w, BATCH);
	bool linked = false;

	for (i = 0; i < nr; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&w->ring);

		memset(sqe, 0, sizeof(*sqe));
		put_any(w, sqe, i, linked);
		linked = sqe->flags & (IOSQE_IO_LINK | IOSQE_IO_HARDLINK);
	}
	io_uring_submit(&w->ring);
	return nr;
}

/* Cancels all until all have completed; returns how many have not. */
static int take_batch(struct world *w, int nr)
{
	struct __kernel_timespec ms = { .tv_nsec = 20000000 };
	double begun = now();
	struct io_uring_cqe *cqe;

	usleep(draw(w, 2) ? draw(w, 5000) : 0);
	while (nr > 0 && now() - begun < SOON) {
		struct io_uring_sync_cancel_reg all = {
			.flags = IORING_ASYNC_CANCEL_ANY,
			.timeout = { .tv_nsec = 20000000 },
		};

		io_uring_register_sync_cancel(&w->ring, &all);
		while (nr > 0 &&
		       !io_uring_wait_cqe_timeout(&w->ring, &cqe, &ms)) {
			nr -= cqe->user_data < BATCH;
			io_uring_cqe_seen(&w->ring, cqe);
		}
	}
	return nr;
}

/* Returns how many completions have not come; -1: there is no ring. */
static int run_batch(struct world *w, unsigned long long seed)
{
	int nr, left = 0;

	w->state = seed * 0x9e3779b97f4a7c15ull;
	if (!draw(w, 3))
		drive_order(DRIVE_DELAY | DRIVE_AFTER | DRIVE_EXEC_READ,
			    (10 << draw(w, 10)) | DRIVE_MORE(draw(w, 8)));
	if (open_ring(w))
		return -1;
	nr = put_batch(w);
	if (draw(w, 3))
		left = take_batch(w, nr);
	io_uring_queue_exit(&w->ring);
	drive_order(0, 0);
	return left;
}

/* In a process of its own, which ends somehow. */
static bool run_batch_apart(struct world *w, unsigned long long seed)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		w->state = ~seed;
		if (open_ring(w))
			_exit(1);
		put_batch(w);
		usleep(draw(w, 3000));
		if (draw(w, 2))
			kill(getpid(), SIGKILL);
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       (WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : !status);
}

static unsigned long long from_environment(const char *name,
					   unsigned long long otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 10) : otherwise;
}

static void open_world(struct world *w)
{
	make_files();
	w->buf = calloc(1, 4 * LEN);
	w->files[0] = files[0];
	w->files[1] = files[1];
	w->files[2] = memory_file(w->buf, LEN);
	w->files[3] = open("/", O_RDONLY | O_DIRECTORY);
	w->files[4] = -1;
	w->lambdas[0] = HANDLE(eight);
	w->lambdas[1] = HANDLE(copy_input);
	w->lambdas[2] = handle_budget(spin, ARRAY_SIZE(spin), 1u << 30);
	w->lambdas[3] = w->files[2];
	w->files[5] = w->lambdas[0];
}

TEST(at_random)
{
	unsigned long long seed = from_environment("RING_SEED", 1);
	unsigned long long end = seed + from_environment("RING_FUZZ", 100);
	struct world w = {};

	drive_begin();
	open_world(&w);
	for (; seed < end; seed++) {
		ASSERT_EQ(0, run_batch(&w, seed))
			TH_LOG("seed %llu", seed);
		ASSERT_TRUE(run_batch_apart(&w, seed))
			TH_LOG("seed %llu", seed);
	}
	EXPECT_EQ(10, others(w.lambdas[0], 10));
	EXPECT_EQ(0, ftruncate(files[0], 0));
}

TEST_HARNESS_MAIN
