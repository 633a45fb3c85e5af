// SPDX-License-Identifier: GPL-2.0-only
/*
 * SELinux mediates λ handles as it does BPF programs: a domain without prog_run
 * gets EACCES, however the handle has come to it. Loads a policy of its own, so
 * it needs a machine of its own, booted with `security=selinux selinux=1`.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "both.h"
#include "common.h"
#include "drive.h"
#include "harness.h"
#include "overlay.h"
#include "pass.h"

#define SELINUXFS	"/sys/fs/selinux"
#define SIZE		(256 * KIB)

/* Reads or writes a file that the kernel makes; the whole in one call. */
static ssize_t kernel_file(const char *path, bool write_it, void *data,
			   size_t len)
{
	int fd = open(path, (write_it ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	ssize_t ret;

	if (fd < 0)
		return -1;
	ret = write_it ? write(fd, data, len) : read(fd, data, len);
	close(fd);
	return ret;
}

static void put(const char *path, const char *text)
{
	if (kernel_file(path, true, (void *)text, strlen(text)) < 0)
		mount_failed(path);
}

/* Loads what the build has made of selinux.conf, and enforces it. */
static void load_policy(void)
{
	static char policy[1 << 20];
	ssize_t len = kernel_file("selinux.policy", false, policy,
				  sizeof(policy));

	if (len <= 0)
		mount_failed("selinux.policy");
	if (mount("none", SELINUXFS, "selinuxfs", 0, NULL) && errno != EBUSY)
		mount_failed(SELINUXFS);
	if (kernel_file(SELINUXFS "/load", true, policy, len) != len)
		mount_failed("the policy");
	put(SELINUXFS "/enforce", "1");
}

/* For good, of a process that has one thread. */
static void enter(const char *type)
{
	char context[64];

	snprintf(context, sizeof(context), "test_u:test_r:%s", type);
	put("/proc/self/attr/current", context);
}

/* What is done in another domain. Return: 0 or an errno. */
typedef int (*action)(const void *arg);

/* Return: what @act did, in a process of its own in that domain. */
static int in_domain(const char *type, action act, const void *arg)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		enter(type);
		_exit(act(arg));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		mount_failed(type);
	return WEXITSTATUS(status);
}

FIXTURE(selinux) {
	int fd, prog, handle, sockets[2];
};

FIXTURE_SETUP(selinux)
{
	char *data = malloc(SIZE);

	fill(data, SIZE, 7);
	self->fd = open(XFS "/file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_EQ(SIZE, pwrite(self->fd, data, SIZE, 0));
	free(data);
	self->prog = prog_load(copy_input, ARRAY_SIZE(copy_input));
	ASSERT_LE(0, self->prog);
	self->handle = HANDLE(copy_input);
	ASSERT_LE(0, self->handle);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, self->sockets));
}

FIXTURE_TEARDOWN(selinux)
{
	close(self->fd);
}

/* A read on a side of the caller's choice, or a write. */
struct request {
	int fd, handle;
	__u32 flags;
	bool write;
};

static int make_request(const void *arg)
{
	const struct request *r = arg;
	struct lambda_io io = io_for(SIZE, NULL, 0);
	char *data = malloc(SIZE);
	ssize_t ret;
	int err;

	io.flags = r->flags;
	if (r->write)
		ret = lambda_pwrite(r->fd, data, 4096, 0, r->handle, &io);
	else
		ret = lambda_pread(r->fd, data, SIZE, 0, r->handle, &io);
	err = ret < 0 ? errno : 0;
	/* Nothing has run if nothing was to. */
	if (err && (io.result.status != LAMBDA_STATUS_NOT_RUN ||
		    io.result.side != LAMBDA_SIDE_NONE))
		err = EPROTO;
	free(data);
	return err;
}

/* Reads and writes in a domain. Return: the one answer of all, or -1. */
static int make_requests(const FIXTURE_DATA(selinux) *self, const char *type)
{
	const struct request requests[] = {
		{ self->fd, self->handle, LAMBDA_IO_HOST, false },
		{ self->fd, self->handle, FORCED, false },
		{ self->fd, self->handle, 0, false },
		{ self->fd, self->handle, LAMBDA_IO_HOST, true },
		{ self->fd, self->handle, FORCED, true },
	};
	int answer = in_domain(type, make_request, &requests[0]);
	size_t i;

	for (i = 1; i < ARRAY_SIZE(requests); i++)
		if (in_domain(type, make_request, &requests[i]) != answer)
			return -1;
	return answer;
}

/* Inherited by a process that then changes its domain. */
TEST_F(selinux, request)
{
	EXPECT_EQ(0, make_requests(self, "client_t"));
	EXPECT_EQ(EACCES, make_requests(self, "no_run_t"));
}

static int read_plainly(const void *fd)
{
	char byte;

	return pread(*(const int *)fd, &byte, 1, 0) < 0 ? errno : 0;
}

static int write_plainly(const void *fd)
{
	return pwrite(*(const int *)fd, "x", 1, 0) < 0 ? errno : 0;
}

/* A domain that may run the λ, but was given a file that is not for it. */
TEST_F(selinux, file)
{
	EXPECT_EQ(EACCES, in_domain("no_file_t", read_plainly, &self->fd));
	EXPECT_EQ(EACCES, in_domain("no_file_t", write_plainly, &self->fd));
	EXPECT_EQ(EACCES, make_requests(self, "no_file_t"));
}

/* Over a socket: a program is held back there, and a handle at its request. */
static int receive_and_run(const void *arg)
{
	const FIXTURE_DATA(selinux) *self = arg;
	int handle = take_descriptor(self->sockets[1], 0);
	struct request r = { self->fd, handle, 0, false };

	return r.handle < 0 ? ENOENT : make_request(&r);
}

static int receive_only(const void *arg)
{
	const FIXTURE_DATA(selinux) *self = arg;

	return take_descriptor(self->sockets[1], 0) < 0 ? ENOENT : 0;
}

TEST_F(selinux, received)
{
	ASSERT_EQ(0, pass_descriptor(self->sockets[0], self->handle, 0));
	EXPECT_EQ(0, in_domain("client_t", receive_and_run, self));
	ASSERT_EQ(0, pass_descriptor(self->sockets[0], self->handle, 0));
	EXPECT_EQ(EACCES, in_domain("no_run_t", receive_and_run, self));
	ASSERT_EQ(0, pass_descriptor(self->sockets[0], self->prog, 0));
	EXPECT_EQ(0, in_domain("client_t", receive_only, self));
	ASSERT_EQ(0, pass_descriptor(self->sockets[0], self->prog, 0));
	EXPECT_EQ(ENOENT, in_domain("no_run_t", receive_only, self));
}

/* A handle is an object with a label, by which it can be held back as well. */
TEST_F(selinux, labelled)
{
	const struct request inherited = { self->fd, self->handle, 0, false };

	ASSERT_EQ(0, pass_descriptor(self->sockets[0], self->handle, 0));
	EXPECT_EQ(ENOENT, in_domain("no_handle_t", receive_only, self));
	EXPECT_EQ(0, in_domain("no_handle_t", make_request, &inherited));
}

struct programs {
	int prog, merge;
};

static int make_handle(const void *arg)
{
	const struct programs *p = arg;
	struct lambda_load_attr attr = { .prog_fd = p->prog };

	if (p->merge) {
		attr.flags = LAMBDA_ATTR_MERGE;
		attr.record_len = 8;
		attr.merge_fd = p->merge;
	}
	return lambda_load(&attr, sizeof(attr), 0) < 0 ? errno : 0;
}

/* Of a program that was inherited. */
TEST_F(selinux, load)
{
	const struct programs one = { self->prog, 0 };
	const struct programs two = { self->prog, self->prog };

	EXPECT_EQ(0, make_handle(&one));
	EXPECT_EQ(0, in_domain("client_t", make_handle, &one));
	EXPECT_EQ(0, in_domain("client_t", make_handle, &two));
	EXPECT_EQ(EACCES, in_domain("no_run_t", make_handle, &one));
	EXPECT_EQ(EACCES, in_domain("no_run_t", make_handle, &two));
}

static int load_and_pass(const void *arg)
{
	const FIXTURE_DATA(selinux) *self = arg;

	return pass_descriptor(self->sockets[0],
			       prog_load(copy_input, ARRAY_SIZE(copy_input)),
			       0);
}

/* The program that merges counts as well: this one is somebody else's. */
TEST_F(selinux, merge)
{
	struct lambda_load_attr attr = {
		.prog_fd = self->prog, .flags = LAMBDA_ATTR_MERGE,
		.record_len = 8,
	};
	struct request r = { .fd = self->fd };
	struct programs two = { .prog = self->prog };

	ASSERT_EQ(0, in_domain("other_t", load_and_pass, self));
	attr.merge_fd = take_descriptor(self->sockets[1], 0);
	ASSERT_LE(0, attr.merge_fd);
	two.merge = attr.merge_fd;
	r.handle = lambda_load(&attr, sizeof(attr), 0);
	ASSERT_LE(0, r.handle);
	EXPECT_EQ(0, make_request(&r));
	EXPECT_EQ(EACCES, in_domain("client_t", make_request, &r));
	EXPECT_EQ(EACCES, in_domain("client_t", make_handle, &two));
}

/* Containers' files: the client may read what the overlay shows, not the layer. */
static int open_file(const void *path)
{
	return open(path, O_RDONLY) < 0 ? errno : 0;
}

TEST_F(selinux, overlay)
{
	static const char below[] = "test_u:object_r:below_t";
	struct request r = { .handle = self->handle };
	const __u32 sides[] = { LAMBDA_IO_HOST, FORCED };
	struct overlay o;
	const char *path;
	size_t i;

	overlay_layers(&o, XFS, XFS);
	path = overlay_lower(&o, "file");
	ASSERT_EQ(0, rename(XFS "/file", path));
	ASSERT_EQ(0, setxattr(path, "security.selinux", below, sizeof(below),
			      0));
	overlay_mount(&o, MOUNTS "/overlay",
		      ",context=test_u:object_r:above_t");
	path = overlay_lower(&o, "file");
	EXPECT_EQ(EACCES, in_domain("client_t", open_file, path));
	r.fd = open(MOUNTS "/overlay/file", O_RDONLY);
	ASSERT_LE(0, r.fd);
	EXPECT_EQ(0, in_domain("client_t", read_plainly, &r.fd));
	for (i = 0; i < ARRAY_SIZE(sides); i++) {
		r.flags = sides[i];
		EXPECT_EQ(0, in_domain("client_t", make_request, &r));
	}
	overlay_end(&o);
}

/* The command says what is known of it, and not that a capability is missing. */
static int ask_command(const void *unused)
{
	static const char says[] =
		"Permission denied: a security module (SELinux, for one) may forbid it";
	char said[4096];
	size_t len;
	FILE *p;

	p = popen("lambda run /usr/lib/lambda/wordcount.bpf.o " XFS "/file 2>&1",
		  "r");
	len = p ? fread(said, 1, sizeof(said) - 1, p) : 0;
	said[len] = 0;
	if (WEXITSTATUS(pclose(p)) == 1 && strstr(said, says) &&
	    !strstr(said, "CAP_"))
		return 0;
	printf("# %s", said);
	return 1;
}

TEST_F(selinux, command)
{
	EXPECT_EQ(0, in_domain("no_run_t", ask_command, NULL));
}

static void __attribute__((constructor)) before_tests(void)
{
	char modules[256] = "";

	kernel_file("/sys/kernel/security/lsm", false, modules,
		    sizeof(modules) - 1);
	if (!strstr(modules, "selinux"))
		ksft_exit_skip("not booted with security=selinux selinux=1\n");
	load_policy();
	drive_begin();
}

TEST_HARNESS_MAIN
