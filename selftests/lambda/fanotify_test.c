// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that watches a file by means of fanotify is asked before a λ reads
 * it, as it is before read() does, and what it refuses is not read. Nobody is
 * asked before a write.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/fanotify.h>

#include "common.h"
#include "harness.h"
#include "mounts.h"

#define SIZE	100000

static char want[SIZE], got[SIZE];

/* A watching group. Its thread answers as @answer says until @stop can be read. */
struct watcher {
	int group, stop[2];
	unsigned int answer;
	unsigned int asked;
	pthread_t thread;
};

static void answer_one(struct watcher *w)
{
	struct fanotify_event_metadata event;
	struct fanotify_response response;

	if (read(w->group, &event, sizeof(event)) != sizeof(event))
		return;
	response = (struct fanotify_response) {
		.fd = event.fd,
		.response = __atomic_load_n(&w->answer, __ATOMIC_ACQUIRE),
	};
	__atomic_add_fetch(&w->asked, 1, __ATOMIC_RELEASE);
	if (write(w->group, &response, sizeof(response)) < 0)
		perror("# the answer");
	close(event.fd);
}

static void *answer_all(void *arg)
{
	struct watcher *w = arg;
	struct pollfd fds[] = {
		{ .fd = w->group, .events = POLLIN },
		{ .fd = w->stop[0], .events = POLLIN },
	};

	while (poll(fds, ARRAY_SIZE(fds), -1) > 0 && !fds[1].revents) {
		if (fds[0].revents)
			answer_one(w);
	}
	return NULL;
}

FIXTURE(fanotify) {
	int fd, lambda;
	struct watcher w;
};

FIXTURE_SETUP(fanotify)
{
	memset(want, 'w', SIZE);
	self->fd = open(MOUNTS "/watched", O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_EQ(SIZE, pwrite(self->fd, want, SIZE, 0));
	close(self->fd);
	self->lambda = HANDLE(copy_input);
	ASSERT_LE(0, self->lambda);
	self->w.group = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC,
				      O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->w.group);
	ASSERT_EQ(0, fanotify_mark(self->w.group, FAN_MARK_ADD,
				   FAN_ACCESS_PERM, AT_FDCWD,
				   MOUNTS "/watched"));
	/* A file that was opened before the watch is not asked for. */
	self->fd = open(MOUNTS "/watched", O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, pipe(self->w.stop));
	self->w.answer = FAN_ALLOW;
	ASSERT_EQ(0, pthread_create(&self->w.thread, NULL, answer_all,
				    &self->w));
}

FIXTURE_TEARDOWN(fanotify)
{
	close(self->w.stop[1]);
	pthread_join(self->w.thread, NULL);
	close(self->w.group);
	close(self->w.stop[0]);
	close(self->lambda);
	close(self->fd);
}

static unsigned int asked(struct watcher *w)
{
	return __atomic_load_n(&w->asked, __ATOMIC_ACQUIRE);
}

TEST_F(fanotify, allowed)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);

	EXPECT_EQ(SIZE, lambda_pread(self->fd, got, SIZE, 0, self->lambda,
				     &io));
	EXPECT_EQ(0, memcmp(want, got, SIZE));
	EXPECT_LE(1, asked(&self->w));
}

TEST_F(fanotify, refused)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);

	__atomic_store_n(&self->w.answer, FAN_DENY, __ATOMIC_RELEASE);
	EXPECT_EQ(-1, pread(self->fd, got, SIZE, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(1, asked(&self->w));
	memset(got, 'o', SIZE);
	EXPECT_EQ(-1, lambda_pread(self->fd, got, SIZE, 0, self->lambda, &io));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(2, asked(&self->w));
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.result.status);
	EXPECT_EQ(LAMBDA_SIDE_NONE, io.result.side);
	EXPECT_EQ('o', got[0]);
}

TEST_F(fanotify, written)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);

	__atomic_store_n(&self->w.answer, FAN_DENY, __ATOMIC_RELEASE);
	EXPECT_EQ(4, pwrite(self->fd, "text", 4, 0));
	EXPECT_EQ(4, lambda_pwrite(self->fd, "text", 4, 4, self->lambda, &io));
	EXPECT_EQ(0, asked(&self->w));
	__atomic_store_n(&self->w.answer, FAN_ALLOW, __ATOMIC_RELEASE);
	EXPECT_EQ(8, pread(self->fd, got, 8, 0));
	EXPECT_EQ(0, memcmp("texttext", got, 8));
}

static void __attribute__((constructor)) before_tests(void)
{
	mounts_begin();
}

TEST_HARNESS_MAIN
