// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Executions: their time, translated programs, workers, aborts, resets. */
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

#include "core/ctrl.h"
#include "csd.h"
#include "lambda/lambda.h"
#include "tap.h"

static const u8 exec_read = NVME_LAMBDA_EXEC_READ;
static const u8 exec_write = NVME_LAMBDA_EXEC_WRITE;

/* Time */

TEST(time_follows_the_profile)
{
	struct nvme_lambda_request req = { .out_cap = 4096 };
	const struct nvme_lambda_result *r;
	u64 begun;

	csd_begin(true);
	req.program = csd.copy;
	begun = guest.host.now;
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 4096, 4096)), 0);
	r = csd_result(4096);
	CHECK_EQ(r->ns_media, 50000 + 4 * 4096);
	CHECK_EQ(r->ns_compute, CSD_COPY + 410);
	CHECK_EQ(r->ns_link, 1000 + 4096 + 128);
	CHECK_EQ(guest.host.now - begun, 500 + r->ns_media + r->ns_compute +
		 r->ns_link);
	begun = guest.host.now;
	CHECK_EQ(csd_run(req, exec_write), 0);
	/* the request crosses the link first */
	CHECK_EQ(guest.host.now - begun, 500 + 1000 + 80 +
		 500 + CSD_COPY + 410 + 20000 + 8 * 4096 + 100000);
}

TEST(statistics)
{
	struct nvme_lambda_stats st;
	u64 cores, in;

	csd_begin(true);
	CHECK_EQ(csd_stats(&st), 0);
	cores = st.busy_cores;
	in = st.busy_in;
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 4096, 4096)), 0);
	CHECK_EQ(SC(guest_io(csd_fast(99, 0, 4096, 4096))),
		 NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(csd_stats(&st), 0);
	CHECK(st.runs[0] == 1 && st.runs[1] == 0 && st.refused == 1);
	CHECK(st.insns == CSD_COPY && st.helper_bytes == 4096);
	CHECK(st.in_bytes == 4096 && st.out_bytes == 4096);
	CHECK(st.programs == 1 && st.slots == 1);
	CHECK_EQ(st.busy_media, 4 * 4096);
	CHECK_EQ(st.busy_cores - cores, CSD_COPY + 410);
	CHECK_EQ(st.busy_out, 4096 + 128);
	CHECK_EQ(st.busy_in, in);
}

/*
 * Translated programs behave as interpreted ones; one that is too long for its
 * share of the memory is interpreted.
 */
struct outcome {
	u16 status;
	u64 result;
	struct nvme_lambda_result answer;
};

static struct outcome outcome_of(const struct sbpf_insn *insns, u32 n)
{
	struct nvme_lambda_image head = { .flags = 1, .budget = 1 << 30 };
	struct outcome o = { 0 };
	u16 status;
	u32 id = csd_load(&head, insns, n, &status);

	o.status = guest_io(csd_fast(id, 0, 5000, 8000));
	o.result = guest.result;
	if (!o.status)
		memcpy(&o.answer, csd_result(8000), sizeof(o.answer));
	csd_unload(id);
	return o;
}

static void all_outcomes(struct outcome o[5])
{
	csd_default();
	fw_host_power_on(&guest.host, &guest.cfg);
	csd_enable();
	guest_create_queues(1, 16);
	o[0] = outcome_of(csd_copy, CSD_COPY);
	o[1] = outcome_of(csd_loop, CSD_LOOP);
	o[2] = outcome_of(csd_fault, CSD_FAULT);
	o[3] = outcome_of(csd_args, CSD_ARGS);
	o[4] = outcome_of(csd_fill, CSD_FILL);
}

/* Where the platform was first told of new code, and of how much in all. */
static const u8 *synced;
static u64 synced_bytes;

static void sync_text(const u8 *rx, u64 len)
{
	synced = synced && synced < rx ? synced : rx;
	synced_bytes += len;
}

TEST(translated_programs)
{
	static const u64 sizes[] = { 1 << 20, 3 * 1024, 3 * 64, 3 };
	struct outcome plain[5], jit[5];
	u8 *text = mmap(NULL, sizes[0], PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(text != MAP_FAILED);
	csd_begin(false);
	all_outcomes(plain);
	CHECK_EQ(SC(plain[1].status), NVME_LAMBDA_SC_DECLINED_INSNS);
	CHECK_EQ(text[0], 0);
	for (u32 i = 0; i < 2 * FW_ARRAY_SIZE(sizes); i++) {
		guest.host.guard = i % 2;
		guest.host.text = (struct fw_text){
			.rw = text, .rx = text, .bytes = sizes[i / 2],
			.sync = sync_text,
		};
		synced_bytes = 0;
		all_outcomes(jit);
		CHECK(!memcmp(plain, jit, sizeof(plain)));
		CHECK_EQ(text[0] != 0, SBPF_TRANSLATES);
		CHECK_EQ(synced_bytes > 0, SBPF_TRANSLATES && i < 4);
	}
	CHECK_EQ(synced == text, SBPF_TRANSLATES);
	munmap(text, sizes[0]);
}

/* Each program has its own code. */
TEST(translated_programs_are_apart)
{
	const u64 bytes = 1 << 20;
	u8 *text = mmap(NULL, bytes, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	u32 first, second;

	CHECK(text != MAP_FAILED);
	csd_begin(false);
	guest.host.text = (struct fw_text){
			.rw = text, .rx = text, .bytes = bytes,
		};
	fw_host_power_on(&guest.host, &guest.cfg);
	csd_enable();
	guest_create_queues(1, 16);
	first = csd_program(csd_copy, CSD_COPY);
	second = csd_program(csd_fill, CSD_FILL);
	CHECK_EQ(guest_io(csd_fast(second, 0, 100, 4096)), 0);
	CHECK_EQ(guest.result, 10);
	CHECK_EQ(guest_io(csd_fast(first, 0, 100, 4096)), 0);
	CHECK_EQ(guest.result, 100);
	munmap(text, bytes);
}

/* Holes are nowhere on the media. */
TEST(holes_take_no_time)
{
	const struct nvme_lambda_extent e[] = {
		{ NVME_LAMBDA_HOLE, 8192 }, { 0, 4096 },
	};
	struct nvme_lambda_request r = { .out_cap = 12288, .in_len = 12288 };
	const struct nvme_lambda_result *got;

	csd_begin(true);
	r.program = csd.copy;
	CHECK_EQ(csd_request(csd.slot, r, e, 2, NULL), 0);
	CHECK_EQ(csd_exec(exec_read, csd.slot), 0);
	CHECK_EQ(csd_read(csd.slot, 12288, 128), 0);
	got = guest_mem(GUEST_DATA);
	CHECK_EQ(got->bytes_media, 4096);
	CHECK_EQ(got->ns_media, 50000 + 4 * 4096);
}

/* A run whose output does not fit has taken all its time but that of writing. */
TEST(no_room_takes_time)
{
	struct nvme_lambda_request r = { .out_cap = 4096, .in_len = 4096 };
	struct nvme_lambda_extent e = { 0, 100 };
	u64 begun;

	csd_begin(true);
	r.program = csd.copy;
	CHECK_EQ(csd_request(csd.slot, r, &e, 1, NULL), 0);
	begun = guest.host.now;
	CHECK_EQ(SC(csd_exec(exec_write, csd.slot)), NVME_LAMBDA_SC_NO_ROOM);
	CHECK_EQ(guest.result, 4096);
	CHECK_EQ(guest.host.now - begun, 500 + CSD_COPY + 410);
}

/* So has the media by the time that it fails. */
TEST(failed_reads_take_time)
{
	u64 begun;

	csd_begin(true);
	guest.host.media.fail_in = 0;
	begun = guest.host.now;
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 4096, 4096)),
		 FW_SC_READ_ERROR);
	CHECK_EQ(guest.host.now - begun, 500 + 50000 + 4 * 4096);
	guest.host.media.fail_in = 0;
	begun = guest.host.now;
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 8)), FW_SC_READ_ERROR);
	CHECK_EQ(guest.host.now - begun, 500 + 50000 + 4 * 4096);
}

/* Workers, and what happens to a command meanwhile */

static u32 endless;
static u16 sent;

static void start_worker(void)
{
	struct nvme_lambda_image head = { .flags = 1,
					  .budget = SBPF_BUDGET_MAX };
	u16 status;

	csd_default();
	guest.cfg.lambda.insns_max = 1ull << 40;	/* for ever, here */
	guest_power_on();
	guest.host.defer = true;
	fw_host_power_on(&guest.host, &guest.cfg);
	csd_enable();
	guest_create_queues(1, 16);
	csd.copy = csd_program(csd_copy, CSD_COPY);
	endless = csd_load(&head, csd_loop, CSD_LOOP, &status);
	csd_alloc(&csd.slot);
	csd.media = guest.host.media.now;
}

/* Leaves an execution with its worker. */
static void leave_running(u32 program)
{
	struct nvme_lambda_request r = { .program = program, .out_cap = 4096,
					 .in_len = 4096 };
	struct nvme_lambda_extent e = { 0, 4096 };

	csd_request(csd.slot, r, &e, 1, NULL);
	sent = csd_send(exec_read, csd.slot);
}

TEST(worker)
{
	u16 cid;

	start_worker();
	guest_fill(csd.media, 4096, 1);
	leave_running(csd.copy);
	CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
	CHECK_EQ(SC(csd_unload(endless)), 0);
	CHECK_EQ(guest_reap(1, &cid), 0);
	CHECK_EQ(guest.result, 4096);
	CHECK_EQ(csd_read(csd.slot, 0, 4096), 0);
	CHECK(guest_is_filled(guest_mem(GUEST_DATA), 4096, 1));
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 4096, 4096)), 0);
	CHECK(guest_is_filled(guest_mem(GUEST_DATA), 4096, 1));
}

/* The time that a worker takes is a part of the λ's, or all of it. */
TEST(worker_time_counts_once)
{
	static const u64 takes[] = { 0, 300, 20000, 51000, 72000, 5000000 };
	u64 begun, alone = 500 + 50000 + 4 * 4096 + CSD_COPY + 410 + 1000 +
			   4096 + 128;
	u16 cid;

	start_worker();
	guest.cfg.profile.timing = true;
	fw_host_power_on(&guest.host, &guest.cfg);
	CHECK(csd_enable());
	CHECK_EQ(guest_create_queues(1, 16), 0);
	csd.copy = csd_program(csd_copy, CSD_COPY);
	for (u32 i = 0; i < FW_ARRAY_SIZE(takes); i++) {
		begun = guest.host.now;
		guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
		guest.host.now += takes[i];
		CHECK_EQ(guest_reap(1, &cid), 0);
		CHECK_EQ(guest.host.now - begun,
			 takes[i] > alone ? takes[i] : alone);
	}
}

TEST(abort_a_running_lambda)
{
	struct fw_sqe unload = { .opcode = NVME_LAMBDA_ADMIN_UNLOAD };
	struct fw_sqe abort = { .opcode = FW_ADMIN_ABORT };
	u64 dmas;
	u16 cid;

	start_worker();
	leave_running(endless);
	unload.cdw10 = endless;
	unload = csd_named(unload);
	abort.cdw10 = (u32)sent << 16 | 1;
	guest_send(0, abort);
	CHECK_EQ(guest_poll(1, &cid), FW_SC_ABORT_REQUESTED);
	CHECK_EQ(guest_poll(0, &cid), 0);
	/* still with its worker: neither slot nor program can go */
	csd_send(NVME_LAMBDA_FREE, csd.slot);
	CHECK_EQ(guest_poll(1, &cid), NVME_LAMBDA_SC_BUSY);
	guest_send(0, unload);
	CHECK_EQ(SC(guest_poll(0, &cid)), NVME_LAMBDA_SC_PROGRAM_IN_USE);
	dmas = guest.host.dmas;
	CHECK(fw_host_work(&guest.host));	/* ends: it was told to stop */
	CHECK_EQ(guest.host.dmas, dmas);
	CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
	CHECK_EQ(csd_free(csd.slot), 0);
	CHECK_EQ(csd_unload(endless), 0);
}

/* A run that was cut off leaves nothing behind: the next one is whole. */
TEST(a_slot_after_an_abort)
{
	struct fw_sqe abort = { .opcode = FW_ADMIN_ABORT };
	const struct fw_slot *s;
	u16 cid;

	start_worker();
	s = &fw_lambda(guest.host.ctrl)->slots[0];
	memset(s->mem, 0xa5, CSD_SLOT_BYTES);
	leave_running(csd.copy);
	abort.cdw10 = (u32)sent << 16 | 1;
	guest_send(0, abort);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest_poll(1, &cid), FW_SC_ABORT_REQUESTED);
	CHECK(fw_host_work(&guest.host));
	/* it was told before it began, and has not even filled its memory */
	CHECK_EQ(s->window.seg[SBPF_SEG_OUT].mem[0], 0xa5);
	leave_running(csd.copy);
	CHECK_EQ(guest_reap(1, &cid), 0);
	CHECK_EQ(guest.result, 4096);
}

TEST(reset_with_a_running_lambda)
{
	struct fw_work *run;
	u32 other;
	u64 dmas;

	start_worker();
	leave_running(endless);
	run = guest.host.work;
	guest.host.work = NULL;		/* it goes on, while others end */
	guest_disable();
	csd_enable();
	guest_create_queues(1, 16);
	/* memory of the run is not given out again while it lasts */
	for (u32 i = 0; i < CSD_SLOTS - 1; i++)
		CHECK_EQ(csd_alloc(&other), 0);
	csd_send(NVME_LAMBDA_ALLOC, 0);
	CHECK_EQ(guest_poll(1, &sent), NVME_LAMBDA_SC_RESOURCES);
	for (u32 i = 0; i < CSD_PROGRAMS - 1; i++)
		CHECK(csd_program(csd_copy, CSD_COPY));
	CHECK(!csd_program(csd_copy, CSD_COPY));
	guest.host.work = run;
	dmas = guest.host.dmas;
	CHECK(fw_host_work(&guest.host));
	CHECK_EQ(guest.host.dmas, dmas);
	CHECK_EQ(csd_alloc(&other), 0);
	CHECK(csd_program(csd_copy, CSD_COPY));
}

/* Fills its output again and again. */
static const struct sbpf_insn filler[] = {
	MOV_X(6, 1),
	LDX(SBPF_DW, 3, 6, CTX(out_cap)),
	LDX(SBPF_DW, 1, 6, CTX(out)),
	MOV(2, 0xff),
	CALL(SBPF_HELPER_MEMSET),
	JA(-5),
	EXIT(),
};

static void *run_work(void *arg)
{
	struct fw_work *work = arg;

	work->run(work);
	return NULL;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/*
 * All that a reset cuts off is free again as soon as each run has come to the
 * end of a piece of what it does, be it filling memory: far from a second,
 * where it would go on for many.
 */
TEST(reset_frees_what_it_cuts_off)
{
	struct nvme_lambda_image head = { .flags = 1,
					  .budget = SBPF_BUDGET_MAX };
	struct nvme_lambda_request r = { .out_cap = CSD_SLOT_BYTES / 2,
					 .in_len = 4096 };
	struct nvme_lambda_extent e = { 0, 4096 };
	struct fw_work *works[CSD_SLOTS];
	pthread_t threads[CSD_SLOTS];
	double begun;
	u32 id;
	u16 status;

	start_worker();
	guest.cfg.lambda.ns_max = 30000000000;
	fw_host_power_on(&guest.host, &guest.cfg);
	CHECK(csd_enable());
	CHECK_EQ(guest_create_queues(1, 16), 0);
	r.program = csd_load(&head, filler, FW_ARRAY_SIZE(filler), &status);
	CHECK(r.program);
	for (u32 i = 0; i < CSD_SLOTS; i++) {
		CHECK_EQ(csd_alloc(&id), 0);
		CHECK_EQ(csd_request(id, r, &e, 1, NULL), 0);
		csd_send(exec_read, id);
		works[i] = guest.host.work;
		guest.host.work = NULL;
		CHECK(!pthread_create(&threads[i], NULL, run_work, works[i]));
	}
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	begun = seconds();
	fw_ctrl_reset(guest.host.ctrl);
	for (u32 i = 0; i < CSD_SLOTS; i++) {
		pthread_join(threads[i], NULL);
		fw_ctrl_work_done(guest.host.ctrl, works[i]);
	}
	CHECK(seconds() - begun < 1);
	CHECK(csd_enable());
	CHECK_EQ(guest_create_queues(1, 16), 0);
	for (u32 i = 0; i < CSD_SLOTS; i++)
		CHECK_EQ(csd_alloc(&id), 0);
}

TEST(queue_deleted_under_a_running_lambda)
{
	struct fw_sqe sqe = { .opcode = FW_ADMIN_DELETE_SQ, .cdw10 = 1 };
	u16 cid;

	start_worker();
	leave_running(endless);
	guest_send(0, sqe);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest_poll(1, &cid), FW_SC_ABORT_SQ_DELETED);
	CHECK_EQ(cid, sent);
	CHECK(fw_host_work(&guest.host));
	CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
	CHECK_EQ(guest.host.ctrl->nr_errors, 0);
}

/* Fast executions beyond the workers' memory are told to come again. */
TEST(more_fast_than_workers)
{
	u16 cid;

	start_worker();
	for (u32 i = 0; i < 3; i++)
		guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
	CHECK_EQ(guest_poll(1, &cid), NVME_LAMBDA_SC_RESOURCES);
	CHECK_EQ(guest_reap(1, &cid), 0);
	CHECK_EQ(guest_reap(1, &cid), 0);
}

TEST(abort_while_time_passes)
{
	struct fw_sqe abort = { .opcode = FW_ADMIN_ABORT };
	u16 cid;

	csd_begin(true);
	leave_running(csd.copy);
	abort.cdw10 = (u32)sent << 16 | 1;
	CHECK_EQ(guest_admin(abort), 0);
	CHECK_EQ(guest_poll(1, &cid), FW_SC_ABORT_REQUESTED);
	CHECK_EQ(guest.result, 0);
	CHECK_EQ(guest.host.alarm, FW_NEVER);
	CHECK_EQ(guest.host.ctrl->nr_errors, 0);
	CHECK_EQ(csd_free(csd.slot), 0);
	CHECK_EQ(csd_unload(csd.copy), 0);
}

/* Sends a λ that writes what it is given, and the abort of that. */
static void abort_a_write(void)
{
	struct fw_sqe abort = { .opcode = FW_ADMIN_ABORT };
	struct nvme_lambda_request r = { .program = csd.copy, .in_len = 4096,
					 .out_cap = 4096 };
	struct nvme_lambda_extent e = { 0, 4096 };
	u8 in[4096];

	guest_fill(in, 4096, 9);
	guest_fill(csd.media, 4096, 1);
	CHECK_EQ(csd_write(csd.slot, NVME_LAMBDA_AREA_INPUT, 0, in, 4096), 0);
	CHECK_EQ(csd_request(csd.slot, r, &e, 1, NULL), 0);
	sent = csd_send(exec_write, csd.slot);
	abort.cdw10 = (u32)sent << 16 | 1;
	CHECK_EQ(guest_admin(abort), 0);
}

/* It is told as aborted only if it has not written. */
TEST(abort_a_write_that_runs)
{
	u16 cid;

	start_worker();
	abort_a_write();
	CHECK_EQ(guest.result, 0);
	CHECK_EQ(guest_poll(1, &cid), FW_SC_ABORT_REQUESTED);
	CHECK_EQ(cid, sent);
	CHECK(fw_host_work(&guest.host));
	CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
	CHECK(guest_is_filled(csd.media, 4096, 1));
}

TEST(abort_a_write_that_has_written)
{
	u64 begun;
	u16 cid;

	csd_begin(true);
	abort_a_write();
	CHECK_EQ(guest.result, 1);	/* not done */
	begun = guest.host.now;
	CHECK_EQ(guest_poll(1, &cid), 0);
	CHECK_EQ(cid, sent);
	CHECK_EQ(guest.result, 4096);
	CHECK_EQ(guest.host.now, begun);
	CHECK_EQ(guest.host.alarm, FW_NEVER);
	CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
	CHECK(guest_is_filled(csd.media, 4096, 9));
	CHECK_EQ(csd_free(csd.slot), 0);
	CHECK_EQ(csd_unload(csd.copy), 0);
}

TAP_MAIN()
