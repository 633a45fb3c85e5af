// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The drive's windows guarded by the memory management unit, and its code. */
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

#include "csd.h"
#include "fw_posix.h"
#include "lambda/lambda.h"
#include "tap.h"

static const u8 exec_read = NVME_LAMBDA_EXEC_READ;
static struct fw_text text;

/* Of the only session. */
static const struct sbpf_program *program_of(u32 id)
{
	struct fw_lambda *l = fw_lambda(guest.host.ctrl);

	return &fw_program_find(l, l->sessions, id)->sbpf;
}

/* A drive that guards, with one queue pair; translated where that can be. */
static void power_on(void)
{
	CHECK(!fw_text_map(&text, guest.cfg.lambda.programs * 4ull << 20));
	guest_power_on();
	guest.host.text = text;
	guest.host.guard = true;
	CHECK(!fw_host_power_on(&guest.host, &guest.cfg));
	CHECK(csd_enable());
	CHECK_EQ(guest_create_queues(1, 16), 0);
	csd.media = guest.host.media.now;
	guest_fill(csd.media, 1 << 20, 1);
}

static void power_off(void)
{
	guest_power_off();
	fw_text_unmap(&text);
}

/* Mappings of the process with these permissions and of this file, or any. */
static u32 mappings(const char *perms, const char *name)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	u32 n = 0;

	while (fgets(line, sizeof(line), maps))
		n += strstr(line, perms) && strstr(line, name);
	fclose(maps);
	return n;
}

static u32 mappings_max(void)
{
	FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
	u32 n = 0;

	if (fscanf(file, "%u", &n) != 1)
		n = 0;
	fclose(file);
	return n;
}

TEST(windows_are_guarded)
{
	u32 shown;

	csd_default();
	power_on();
	csd.copy = csd_program(csd_copy, CSD_COPY);
	CHECK_EQ(mappings("", "lambda-pool"), 1);
	CHECK_EQ(guest_io(csd_fast(csd.copy, 512, 4096, 4096)), 0);
	CHECK(!memcmp(guest_mem(GUEST_DATA), csd.media + 512, 4096));
	/* context and input; stack and output, beside the pool itself */
	CHECK_EQ(mappings("r--s", "lambda-pool"), 2);
	CHECK_EQ(mappings("rw-s", "lambda-pool"), 2 + 1);
	shown = mappings("", "");
	CHECK_EQ(guest_io(csd_fast(csd.copy, 512, 4000, 4000)), 0);
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 8192, 8192)), 0);
	CHECK_EQ(mappings("", ""), shown);
	CHECK(!memcmp(guest_mem(GUEST_DATA), csd.media, 8192));
	power_off();
	CHECK_EQ(mappings("", "lambda-pool"), 0);
}

/* Faults of an access, of a helper, and what is written before. */
TEST(faults_are_the_same)
{
	static const struct sbpf_insn write_input[] = {
		MOV(0, 0),
		LDX(SBPF_DW, 2, 1, CTX(in)),
		LDX(SBPF_DW, 3, 1, CTX(out)),
		ST(SBPF_B, 3, 0, 7),
		ST(SBPF_W, 2, 4090, 1),
		EXIT(),
	};
	const struct nvme_lambda_result *r;
	u32 id;

	csd_default();
	power_on();
	id = csd_program(write_input, FW_ARRAY_SIZE(write_input));
	CHECK_EQ(guest_io(csd_fast(id, 0, 4096, 4096)), 0);
	CHECK(mappings("", "lambda-pool") > 1);
	r = csd_result(4096);
	CHECK(r->status == LAMBDA_STATUS_FAULT && r->fault_write);
	CHECK_EQ(r->fault_addr, SBPF_IN_BASE + 4090);
	CHECK_EQ(r->insns, 5);
	id = csd_program(csd_fault, CSD_FAULT);
	CHECK_EQ(guest_io(csd_fast(id, 0, 4096, 4096)), 0);
	r = csd_result(4096);
	CHECK(r->status == LAMBDA_STATUS_FAULT && r->fault_write);
	CHECK_EQ(r->fault_addr, 8);
	power_off();
}

/* The entry calls all others, each of which has a frame. */
static u32 many_functions(void)
{
	static struct sbpf_insn insns[3 * SBPF_FUNCS_MAX];
	u32 calls = SBPF_FUNCS_MAX - 1, first = calls + 2, n;

	for (n = 0; n < calls; n++)
		insns[n] = THE(CALL_LOCAL(first + 2 * n - n - 1));
	insns[n++] = THE(MOV(0, 5));
	insns[n++] = THE(EXIT());
	while (n < first + 2 * calls) {
		insns[n++] = THE(ST(SBPF_DW, 10, -8, 1));
		insns[n++] = THE(EXIT());
	}
	return csd_program(insns, n);
}

/* Runs it in each slot; in how many of them by a window. */
static u32 windows_got(void)
{
	struct nvme_lambda_request r = { .out_cap = 4096, .in_len = 4096 };
	struct nvme_lambda_extent e = { 0, 4096 };
	u32 slot, got = 0;

	r.program = many_functions();
	for (u32 i = 0; i < FW_SLOTS_MAX; i++) {
		u32 before = mappings("", "");

		if (csd_alloc(&slot) || csd_request(slot, r, &e, 1, NULL) ||
		    csd_exec(exec_read, slot) || guest.result != 5)
			return 0;
		got += mappings("", "") > before + SBPF_FUNCS_MAX;
	}
	return got;
}

/*
 * Windows leave most mappings to others; λs run without, and notice nothing.
 * The next drive has as many.
 */
TEST(mappings_run_out)
{
	u32 most = mappings_max() / FW_WINDOWS_SHARE;
	u32 before = mappings("", "");

	for (u32 turn = 0; turn < 2; turn++) {
		csd_default();
		guest.cfg.lambda.slots = FW_SLOTS_MAX;
		guest.cfg.lambda.slot_bytes = 2 << 20;
		power_on();
		CHECK_EQ(windows_got(), fw_min(most / 527, FW_SLOTS_MAX));
		CHECK(mappings("", "") - before <= most + FW_SLOTS_MAX);
		power_off();
	}
}

static void *run_work(void *arg)
{
	struct fw_work *work = arg;

	work->run(work);
	return NULL;
}

/* Each in its own window, whoever runs it, while others fault. */
TEST(windows_at_once)
{
	struct nvme_lambda_request r = { .out_cap = 4096, .in_len = 4096 };
	struct nvme_lambda_extent e = { 0, 4096 };
	struct fw_work *works[CSD_SLOTS];
	pthread_t threads[CSD_SLOTS];
	u32 programs[2], slot[CSD_SLOTS];
	u16 cid;

	csd_default();
	guest_power_on();
	power_on();
	guest.host.defer = true;
	CHECK(!fw_host_power_on(&guest.host, &guest.cfg));
	CHECK(csd_enable());
	CHECK_EQ(guest_create_queues(1, 16), 0);
	programs[0] = csd_program(csd_copy, CSD_COPY);
	programs[1] = csd_program(csd_fault, CSD_FAULT);
	for (u32 i = 0; i < CSD_SLOTS; i++)
		CHECK_EQ(csd_alloc(&slot[i]), 0);
	for (u32 turn = 0; turn < 50; turn++) {
		for (u32 i = 0; i < CSD_SLOTS; i++) {
			r.program = programs[(i + turn) % 2];
			CHECK_EQ(csd_request(slot[i], r, &e, 1, NULL), 0);
			csd_send(exec_read, slot[i]);
			works[i] = guest.host.work;
			guest.host.work = NULL;
			CHECK(!pthread_create(&threads[i], NULL, run_work,
					      works[i]));
		}
		for (u32 i = 0; i < CSD_SLOTS; i++) {
			pthread_join(threads[i], NULL);
			fw_ctrl_work_done(guest.host.ctrl, works[i]);
			CHECK_EQ(guest_poll(1, &cid), 0);
			CHECK_EQ(guest.result & 0xffffffff,
				 (i + turn) % 2 ? 0 : 4096);
			CHECK_EQ(guest.result >> 32 & 0xff,
				 (i + turn) % 2 ? LAMBDA_STATUS_FAULT :
						  LAMBDA_STATUS_OK);
		}
	}
	power_off();
}

/* Code can be written while a program is translated, never where it runs. */
TEST(text_is_closed)
{
	const struct sbpf_program *p;
	u32 id;

	csd_default();
	power_on();
	CHECK_EQ(mappings("---s", "lambda-text"), 1);
	CHECK_EQ(mappings("r-xs", "lambda-text"), 1);
	CHECK_EQ(mappings("", "lambda-text"), 2);
	id = csd_program(csd_copy, CSD_COPY);
	p = program_of(id);
	CHECK(p->code[SBPF_JIT_GUARDED] && p->code[SBPF_JIT_COMPARE]);
	CHECK_EQ(mappings("rw-s", "lambda-text"), 0);
	CHECK_EQ(guest_io(csd_fast(id, 0, 4096, 4096)), 0);
	power_off();
	CHECK_EQ(mappings("", "lambda-text"), 0);
}

/* Where it cannot be written λs are interpreted. */
TEST(text_does_not_open)
{
	const struct sbpf_program *p;
	u32 id;

	csd_default();
	power_on();
	munmap(text.rw, text.bytes);
	id = csd_program(csd_copy, CSD_COPY);
	p = program_of(id);
	CHECK(!p->code[SBPF_JIT_GUARDED] && !p->code[SBPF_JIT_COMPARE]);
	CHECK_EQ(guest_io(csd_fast(id, 0, 4096, 4096)), 0);
	CHECK(!memcmp(guest_mem(GUEST_DATA), csd.media, 4096));
	power_off();
	CHECK(fw_text_map(&text, 0) == -1);
	CHECK(!text.rw && !text.rx && !text.bytes);
}

/* Where nothing is translated there is nothing to guard. */
int main(void)
{
	if (SBPF_TRANSLATES)
		return tap_main();
	test_ok(true, "interpreted only");
	return test_done();
}
