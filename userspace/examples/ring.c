// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Counts the zero bytes of FILE with the λ in minimal.bpf.c, by one thread that
 * has up to DEPTH requests under way:
 *
 *	ring OBJECT FILE
 */
#include <errno.h>
#include <fcntl.h>
#include <lambda.h>
#include <lambda_ring.h>
#include <liburing.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH	8
#define PART	(1u << 20)

struct part {
	uint64_t zeros;
	struct lambda_io io;
};

static int put_part(struct io_uring *ring, struct part *p, int fd, int lambda,
		    uint64_t offset)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (!sqe)
		return -EBUSY;
	memset(p, 0, sizeof(*p));
	p->io.size = sizeof(p->io);
	p->io.result_size = sizeof(p->io.result);
	p->io.out_cap = sizeof(p->zeros);
	lambda_prep_pread(sqe, fd, &p->zeros, PART, offset, lambda, &p->io);
	io_uring_sqe_set_data(sqe, p);
	return 0;
}

/* The next part that is done; NULL with its error in @err. */
static struct part *take_part(struct io_uring *ring, int *err)
{
	struct io_uring_cqe *cqe;
	struct part *p;

	*err = io_uring_submit_and_wait(ring, 1);
	if (*err >= 0)
		*err = io_uring_wait_cqe(ring, &cqe);
	if (*err < 0)
		return NULL;
	p = io_uring_cqe_get_data(cqe);
	*err = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return *err < 0 ? NULL : p;
}

static int count(struct io_uring *ring, int fd, int lambda, uint64_t size,
		 uint64_t *zeros)
{
	struct part parts[DEPTH], *p;
	uint64_t at = 0;
	int busy = 0, err = 0;

	for (; !err && busy < DEPTH && at < size; busy++, at += PART)
		err = put_part(ring, &parts[busy], fd, lambda, at);
	while (!err && busy) {
		p = take_part(ring, &err);
		if (!p)
			return err;
		*zeros += p->zeros;
		busy--;
		err = 0;
		if (at < size) {
			err = put_part(ring, p, fd, lambda, at);
			at += PART;
			busy++;
		}
	}
	return err;
}

static int load(const char *path, char *why, size_t size)
{
	struct lambda_program *prog;
	struct lambda_object *obj;
	int err = lambda_object__open(path, why, size, &obj);

	if (!err)
		err = lambda_object__program(obj, NULL, why, size, &prog);
	return err ? err : lambda_program__load(prog, NULL, why, size);
}

int main(int argc, char **argv)
{
	struct io_uring ring;
	uint64_t zeros = 0;
	struct stat st;
	char why[4096] = "";
	int lambda, fd, err;

	if (argc != 3) {
		fputs("usage: ring OBJECT FILE\n", stderr);
		return 2;
	}
	lambda = load(argv[1], why, sizeof(why));
	if (lambda < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], why);
		return 1;
	}
	fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		perror(argv[2]);
		return 1;
	}
	err = io_uring_queue_init(DEPTH, &ring, 0);
	if (!err)
		err = count(&ring, fd, lambda, st.st_size, &zeros);
	if (err < 0) {
		fprintf(stderr, "%s: %s\n", argv[2], strerror(-err));
		return 1;
	}
	printf("%llu\n", (unsigned long long)zeros);
	return 0;
}
