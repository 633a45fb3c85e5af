// SPDX-License-Identifier: GPL-2.0-only
/*
 * λ programs run by the drive, asked for by pass-through commands: the objects
 * that the kernel loads, linked by liblambda, sent to the drive as its command
 * set wants them. Results are compared with what this program computes itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sbpf.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "csd.h"

#define INPUT		0x100000u	/* bytes on the disk, from AT */
#define AT		(3u << 20)

static __s32 *input;
static __u32 stats32;			/* the program, on the drive */

static struct stats_out computed(size_t from, size_t to)
{
	struct stats_out s = { INT64_MAX, INT64_MIN, 0, to - from };
	size_t i;

	for (i = from; i < to; i++) {
		s.min = input[i] < s.min ? input[i] : s.min;
		s.max = input[i] > s.max ? input[i] : s.max;
		s.sum += (int64_t)input[i];
	}
	return s;
}

static bool same(const struct stats_out *a, struct stats_out b)
{
	return !memcmp(a, &b, sizeof(b));
}

static bool identify_page(void)
{
	struct nvme_lambda_id id;
	int status = admin((struct nvme_passthru_cmd64){
		.opcode = 0x06, .cdw10 = NVME_LAMBDA_CNS,
		.addr = pointer(&id), .data_len = sizeof(id) }, NULL);

	return !status && !memcmp(id.magic, NVME_LAMBDA_MAGIC, 8) &&
	       id.version == NVME_LAMBDA_VERSION && id.slots && id.cores &&
	       id.contract == SBPF_CONTRACT_KEPT;
}

static bool loads_in_pieces(void)
{
	__u32 id;

	return !load_object(OBJECTS "stats32.bpf.o", 64, &id) && id &&
	       !unload(id) && unload(id) == NVME_LAMBDA_SC_NO_PROGRAM &&
	       !load_object(OBJECTS "stats32.bpf.o", 1 << 16, &stats32);
}

static bool refuses_a_bad_program(void)
{
	struct {
		struct nvme_lambda_image head;
		__u64 insn;
	} bad = { .head.insns = 1, .insn = 0xff };
	__u32 id;

	return load_image(&bad, sizeof(bad), sizeof(bad), &id) ==
	       NVME_LAMBDA_SC_PROGRAM_INVALID;
}

static bool fast_path(void)
{
	static struct answer a;
	__u64 result;

	memset(&a, 0xee, sizeof(a));
	return !fast(stats32, AT, INPUT, &a, &result) &&
	       NVME_LAMBDA_RESULT_VALUE(result) == sizeof(a.out) &&
	       same(&a.out, computed(0, INPUT / 4)) && !a.rest[0] &&
	       a.result.in_len == INPUT && a.result.insns &&
	       a.result.helper_bytes == INPUT && a.result.bytes_media == INPUT;
}

static bool bytes_that_no_block_ends_at(void)
{
	static struct answer a;

	return !fast(stats32, AT + 4 * 77, 4 * 1001, &a, NULL) &&
	       same(&a.out, computed(77, 77 + 1001));
}

static bool own_error_is_success(void)
{
	static struct answer a;
	__u64 result;

	return !fast(stats32, AT, 7, &a, &result) &&
	       NVME_LAMBDA_RESULT_STATUS(result) == LAMBDA_STATUS_ERROR &&
	       (__s32)NVME_LAMBDA_RESULT_VALUE(result) == -EINVAL;
}

static bool outside_the_namespace(void)
{
	static struct answer a;

	return fast(stats32, 1ull << 47, 4096, &a, NULL) ==
	       NVME_LAMBDA_SC_BAD_EXTENT;
}

/* Three extents, the middle one a hole. */
static bool slot_with_extents(void)
{
	struct {
		struct nvme_lambda_request head;
		struct nvme_lambda_extent extents[3];
	} r = {
		.head = { .program = stats32, .nr_extents = 3,
			  .in_len = 4096 + 800 + 512,
			  .out_cap = sizeof(struct stats_out) },
		.extents = { { AT + 8192, 4096 }, { NVME_LAMBDA_HOLE, 800 },
			     { AT, 512 } },
	};
	struct stats_out want = computed(2048, 2048 + 1024);
	struct stats_out more = computed(0, 128);
	static struct answer a;
	__u64 slot, result;

	want.sum += more.sum;
	want.count = r.head.in_len / 4;
	want.min = want.min < more.min ? want.min : more.min;
	want.max = want.max > more.max ? want.max : more.max;
	return !slot_only(NVME_LAMBDA_ALLOC, 0, &slot) &&
	       !slot_write(slot, NVME_LAMBDA_AREA_REQUEST, &r, sizeof(r)) &&
	       !slot_only(NVME_LAMBDA_EXEC_READ, slot, &result) &&
	       !io((struct nvme_passthru_cmd64){
			.opcode = NVME_LAMBDA_READ, .cdw10 = slot,
			.cdw13 = sizeof(a), .addr = pointer(&a),
			.data_len = sizeof(a) }, NULL) &&
	       same(&a.out, want) && !slot_only(NVME_LAMBDA_FREE, slot, NULL) &&
	       slot_only(NVME_LAMBDA_FREE, slot, NULL) ==
	       NVME_LAMBDA_SC_NO_SLOT;
}

/* The statistics of the slot's input are written into the middle of a block. */
static bool output_to_extents(void)
{
	struct {
		struct nvme_lambda_request head;
		struct nvme_lambda_extent extent;
	} r = {
		.head = { .program = stats32, .nr_extents = 1, .in_len = 4096,
			  .out_cap = sizeof(struct stats_out) },
		.extent = { AT + INPUT + 100, sizeof(struct stats_out) },
	};
	static __u8 before[512], after[512];
	off_t at = AT + INPUT;
	__u64 slot, result;
	bool ok;

	if (pread(disk, before, sizeof(before), at) != sizeof(before) ||
	    slot_only(NVME_LAMBDA_ALLOC, 0, &slot))
		return false;
	ok = !slot_write(slot, NVME_LAMBDA_AREA_REQUEST, &r, sizeof(r)) &&
	     !slot_write(slot, NVME_LAMBDA_AREA_INPUT, input, 4096) &&
	     !slot_only(NVME_LAMBDA_EXEC_WRITE, slot, &result) &&
	     result == sizeof(struct stats_out);
	posix_fadvise(disk, 0, 0, POSIX_FADV_DONTNEED);
	if (pread(disk, after, sizeof(after), at) != sizeof(after))
		return false;
	return ok && same((void *)(after + 100), computed(0, 1024)) &&
	       !memcmp(before, after, 100) &&
	       !memcmp(before + 132, after + 132, 512 - 132) &&
	       !slot_only(NVME_LAMBDA_FREE, slot, NULL);
}

static bool every_program_loads(void)
{
	static const char * const names[] = { "bitmap", "csvfilter", "grep",
		"histogram", "knn", "stats64", "wordcount" };
	char path[64];
	size_t i;
	__u32 id;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), OBJECTS "%s.bpf.o", names[i]);
		if (load_object(path, 1 << 16, &id) || unload(id)) {
			printf("# %s\n", names[i]);
			return false;
		}
	}
	return true;
}

static bool log_counts_runs(void)
{
	struct nvme_lambda_stats s;
	int status = admin((struct nvme_passthru_cmd64){
		.opcode = 0x02, .addr = pointer(&s), .data_len = sizeof(s),
		.cdw10 = NVME_LAMBDA_LOG | (sizeof(s) / 4 - 1) << 16 }, NULL);

	return !status && s.runs[LAMBDA_STATUS_OK] == 4 && s.runs[LAMBDA_STATUS_ERROR] == 1 &&
	       s.programs == 1 && !s.slots;
}

/* After a reset the drive knows no session, program or slot. */
static bool reset_forgets(void)
{
	struct nvme_lambda_grant grant;
	static struct answer a;
	__u64 slot;

	return !slot_only(NVME_LAMBDA_ALLOC, 0, &slot) &&
	       !ioctl(ctrl, NVME_IOCTL_RESET) &&
	       fast(stats32, AT, 4096, &a, NULL) ==
	       NVME_LAMBDA_SC_NO_SESSION &&
	       slot_only(NVME_LAMBDA_FREE, slot, NULL) ==
	       NVME_LAMBDA_SC_NO_SESSION &&
	       !csd_session(1, CSD_LEASE_MS, &grant) &&
	       fast(stats32, AT, 4096, &a, NULL) ==
	       NVME_LAMBDA_SC_NO_PROGRAM &&
	       slot_only(NVME_LAMBDA_FREE, slot, NULL) ==
	       NVME_LAMBDA_SC_NO_SLOT;
}

/* The kernel may have a session of its own; then this gets half of all. */
static bool epochs_and_leases(void)
{
	struct nvme_lambda_grant grant, again;
	struct nvme_lambda_id id;
	__u64 slot;
	bool ok;

	ok = !admin((struct nvme_passthru_cmd64){
			.opcode = 0x06, .cdw10 = NVME_LAMBDA_CNS,
			.addr = pointer(&id), .data_len = sizeof(id) }, NULL) &&
	     !csd_session(2, 200, &grant) && grant.epoch == 2 &&
	     grant.slots >= id.slots / 2 && grant.programs >= id.programs / 2 &&
	     !slot_only(NVME_LAMBDA_ALLOC, 0, &slot) &&
	     csd_session(1, 200, &again) == NVME_LAMBDA_SC_STALE_EPOCH &&
	     slot_only(NVME_LAMBDA_FREE, slot, NULL) ==
	     NVME_LAMBDA_SC_STALE_EPOCH &&
	     !csd_session(3, 200, &again) &&
	     again.session == grant.session && again.boot == grant.boot &&
	     slot_only(NVME_LAMBDA_FREE, slot, NULL) == NVME_LAMBDA_SC_NO_SLOT;
	usleep(300000);
	return ok && slot_only(NVME_LAMBDA_ALLOC, 0, &slot) ==
		     NVME_LAMBDA_SC_NO_SESSION &&
	       !csd_session(3, CSD_LEASE_MS, &again) &&
	       again.session != grant.session && !csd_release() &&
	       csd_release() == NVME_LAMBDA_SC_NO_SESSION &&
	       !csd_session(1, CSD_LEASE_MS, &grant);
}

static void *long_lambda(void *program)
{
	static struct answer a;
	int status = fast(*(__u32 *)program, 0, 24u << 20, &a, NULL);

	return (void *)(intptr_t)status;
}

/* The run is told to stop and its command comes back; the drive goes on. */
static bool reset_during_a_lambda(void)
{
	struct nvme_lambda_grant grant;
	static struct answer a;
	pthread_t thread;
	__u32 id, i;

	for (i = 0; i < 5; i++) {
		if (csd_session(1, CSD_LEASE_MS, &grant) ||
		    load_object(OBJECTS "stats32.bpf.o", 1 << 16, &id) ||
		    pthread_create(&thread, NULL, long_lambda, &id))
			return false;
		usleep(4000 * i);
		if (ioctl(ctrl, NVME_IOCTL_RESET) ||
		    pthread_join(thread, NULL))
			return false;
	}
	return !csd_session(1, CSD_LEASE_MS, &grant) &&
	       !load_object(OBJECTS "stats32.bpf.o", 1 << 16, &id) &&
	       !fast(id, AT, INPUT, &a, NULL) &&
	       same(&a.out, computed(0, INPUT / 4));
}

/* Numbers that no two programs would sum up alike by chance. */
static void prepare(void)
{
	__u32 x = 2463534242;
	size_t i;

	csd_open();
	input = malloc(INPUT);
	for (i = 0; i < INPUT / 4; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		input[i] = x;
	}
	if (pwrite(disk, input, INPUT, AT) != INPUT || fsync(disk))
		csd_bail_out(DISK);
}

#define TEST(name) { #name, name }

static const struct {
	const char *name;
	bool (*run)(void);
} tests[] = {
	TEST(identify_page),
	TEST(loads_in_pieces),
	TEST(refuses_a_bad_program),
	TEST(fast_path),
	TEST(bytes_that_no_block_ends_at),
	TEST(own_error_is_success),
	TEST(outside_the_namespace),
	TEST(slot_with_extents),
	TEST(output_to_extents),
	TEST(every_program_loads),
	TEST(log_counts_runs),
	TEST(reset_forgets),
	TEST(epochs_and_leases),
	TEST(reset_during_a_lambda),
};

int main(void)
{
	size_t n = ARRAY_SIZE(tests), i;
	int failed = 0;
	bool ok;

	prepare();
	printf("TAP version 13\n1..%zu\n", n);
	for (i = 0; i < n; i++) {
		ok = tests[i].run();
		printf("%sok %zu - %s\n", ok ? "" : "not ", i + 1,
		       tests[i].name);
		failed |= !ok;
	}
	return failed;
}
