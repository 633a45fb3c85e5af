// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Executions: their time, translated programs, workers, aborts, resets. */
#include <sys/mman.h>

#include "csd.h"
#include "tap.h"

/* Whether programs are translated on this kind of processor. */
#ifdef __x86_64__
#define SBPF_HAS_JIT	true
#else
#define SBPF_HAS_JIT	false
#endif

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

	csd_begin(true);
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 4096, 4096)), 0);
	CHECK_EQ(SC(guest_io(csd_fast(99, 0, 4096, 4096))),
		 NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(csd_stats(&st), 0);
	CHECK(st.runs[0] == 1 && st.runs[1] == 0 && st.refused == 1);
	CHECK(st.insns == CSD_COPY && st.helper_bytes == 4096);
	CHECK(st.in_bytes == 4096 && st.out_bytes == 4096);
	CHECK(st.programs == 1 && st.slots == 1);
	CHECK_EQ(st.busy_media, 4 * 4096);
	CHECK_EQ(st.busy_cores, CSD_COPY + 410);
	CHECK_EQ(st.busy_out, 4096 + 128);
	CHECK_EQ(st.busy_in, 0);
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
	guest_enable();
	guest_create_queues(1, 16);
	o[0] = outcome_of(csd_copy, CSD_COPY);
	o[1] = outcome_of(csd_loop, CSD_LOOP);
	o[2] = outcome_of(csd_fault, CSD_FAULT);
	o[3] = outcome_of(csd_args, CSD_ARGS);
	o[4] = outcome_of(csd_fill, CSD_FILL);
}

TEST(translated_programs)
{
	static const u64 sizes[] = { 1 << 20, 3 * 64, 3 };
	struct outcome plain[5], jit[5];
	u8 *text = mmap(NULL, sizes[0], PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(text != MAP_FAILED);
	csd_begin(false);
	all_outcomes(plain);
	CHECK_EQ(SC(plain[1].status), NVME_LAMBDA_SC_DECLINED_INSNS);
	CHECK_EQ(text[0], 0);
	for (u32 i = 0; i < FW_ARRAY_SIZE(sizes); i++) {
		guest.host.text = (struct fw_text){ text, text, sizes[i] };
		all_outcomes(jit);
		CHECK(!memcmp(plain, jit, sizeof(plain)));
		CHECK(text[0] || !SBPF_HAS_JIT);
	}
	munmap(text, sizes[0]);
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
	guest_enable();
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

TEST(abort_a_running_lambda)
{
	struct fw_sqe unload = { .opcode = NVME_LAMBDA_ADMIN_UNLOAD };
	struct fw_sqe abort = { .opcode = FW_ADMIN_ABORT };
	u64 dmas;
	u16 cid;

	start_worker();
	leave_running(endless);
	unload.cdw10 = endless;
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

TEST(reset_with_a_running_lambda)
{
	u32 other;
	u64 dmas;

	start_worker();
	leave_running(endless);
	guest_disable();
	guest_enable();
	guest_create_queues(1, 16);
	/* memory of the run is not given out again while it lasts */
	for (u32 i = 0; i < CSD_SLOTS - 1; i++)
		CHECK_EQ(csd_alloc(&other), 0);
	csd_send(NVME_LAMBDA_ALLOC, 0);
	CHECK_EQ(guest_poll(1, &sent), NVME_LAMBDA_SC_RESOURCES);
	for (u32 i = 0; i < CSD_PROGRAMS - 1; i++)
		CHECK(csd_program(csd_copy, CSD_COPY));
	CHECK(!csd_program(csd_copy, CSD_COPY));
	dmas = guest.host.dmas;
	CHECK(fw_host_work(&guest.host));
	CHECK_EQ(guest.host.dmas, dmas);
	CHECK_EQ(csd_alloc(&other), 0);
	CHECK(csd_program(csd_copy, CSD_COPY));
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
	CHECK_EQ(csd_free(csd.slot), 0);
	CHECK_EQ(csd_unload(csd.copy), 0);
}

TAP_MAIN()
