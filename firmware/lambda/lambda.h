/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The λ command set of linux/nvme-lambda.h: programs, slots and executions.
 *
 * An execution has three parts. It is prepared and finished under the
 * controller's lock, where it may touch media and host memory; in between it
 * runs, perhaps elsewhere, and touches nothing but its slot's memory.
 */
#ifndef FW_LAMBDA_H
#define FW_LAMBDA_H

#include <linux/nvme-lambda.h>

#include "core/ctrl.h"
#include "sbpf/sbpf.h"

#define FW_REQUEST_BYTES	((u32)(sizeof(struct nvme_lambda_request) + \
				 FW_EXTENTS_MAX *			    \
				 sizeof(struct nvme_lambda_extent) +	    \
				 SBPF_ARGS_MAX))

/**
 * struct fw_program - a program, loaded or loading
 * @id:        its id; 0 when the place is free
 * @gen:       counts the programs that were in this place
 * @committed: checked, can be executed
 * @size:      bytes of its image
 * @got:       bytes received
 * @runs:      executions that use it now; outlives @id over a reset
 * @image:     the image
 * @head:      its head, copied so that it is aligned
 * @rodata:    .rodata in the image
 * @data:      .data in the image
 * @sbpf:      what the runtime knows of it
 * @table:     its table when it is translated; NULL when none are
 * @text:      its share of memory for code
 */
struct fw_program {
	u32 id;
	u32 gen;
	bool committed;
	u32 size;
	u32 got;
	u32 runs;
	u8 *image;
	struct nvme_lambda_image head;
	const u8 *rodata;
	const u8 *data;
	struct sbpf_program sbpf;
	struct sbpf_code *table;
	struct fw_text text;
};

/**
 * struct fw_slot - a request and the memory it runs in
 * @work:     for the platform, when the run is deferred
 * @c:        the controller
 * @id:       its id; 0 when it is free
 * @gen:      counts the requests that had this slot
 * @running:  a run is under way; outlives @id over abort and reset
 * @answered: there is an answer to be read
 * @stop:     tells the run to end
 * @cmd:      command that executes it, or the last that did
 * @request:  request area, FW_REQUEST_BYTES
 * @mem:      the rest
 * @filled:   bytes of the input area that are set; those above read as zero
 * @req:      the request being executed, checked
 * @ns:       namespace of its extents
 * @program:  its program
 * @write:    output goes to the extents
 * @window:   its segments, in @mem
 * @run:      the run
 * @out_len:  bytes of output of the last run
 * @result:   what became of it
 */
struct fw_slot {
	struct fw_work work;
	struct fw_ctrl *c;
	u32 id;
	u32 gen;
	bool running;
	bool answered;
	int stop;
	struct fw_cmd *cmd;
	u8 *request;
	u8 *mem;
	u32 filled;
	struct nvme_lambda_request req;
	const struct fw_ns *ns;
	struct fw_program *program;
	bool write;
	struct sbpf_window window;
	struct sbpf_run run;
	u32 out_len;
	struct nvme_lambda_result result;
};

/**
 * struct fw_lambda - all of a controller's λ state
 * @cfg:      its means
 * @programs: places of programs, @cfg.programs of them
 * @slots:    slots, @cfg.slots for the host and behind them @fast for the
 *            fast path
 * @fast:     how many
 * @scratch:  for the check
 * @stats:    counters
 */
struct fw_lambda {
	struct fw_lambda_config cfg;
	struct fw_program programs[FW_PROGRAMS_MAX];
	struct fw_slot slots[FW_SLOTS_MAX + FW_CORES_MAX];
	u32 fast;
	void *scratch;
	struct nvme_lambda_stats stats;
};

static inline struct fw_lambda *fw_lambda(struct fw_ctrl *c)
{
	return c->set_state;
}

/* set.c */

/* Returns NULL, or what is wrong with the configuration. */
const char *fw_lambda_check(const struct fw_config *cfg);

/* Takes its memory from the pool; NULL when there was too little. */
struct fw_lambda *fw_lambda_take(const struct fw_config *cfg,
				 struct fw_pool *pool);

/* Adds the command set to a controller. */
void fw_lambda_attach(struct fw_ctrl *c, struct fw_lambda *l);

/* Ids: a place in bits 0-7, and which user of the place above. */
u32 fw_lambda_id(u32 place, u32 *gen);
#define FW_LAMBDA_PLACE(id)	((id) & 0xff)

/* program.c */
u16 fw_program_load(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_program_commit(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_program_unload(struct fw_ctrl *c, struct fw_cmd *cmd);
struct fw_program *fw_program_find(struct fw_lambda *l, u32 id);
void fw_program_reset(struct fw_lambda *l);

/* slot.c */
u16 fw_slot_alloc(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_slot_free(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_slot_write(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_slot_read(struct fw_ctrl *c, struct fw_cmd *cmd);
struct fw_slot *fw_slot_find(struct fw_lambda *l, u32 id);

/* Whether an execution is under way, or its completion not posted yet. */
bool fw_slot_busy(const struct fw_slot *s);
struct fw_slot *fw_slot_take_fast(struct fw_lambda *l);
void fw_slot_clear(struct fw_slot *s);
void fw_slot_reset(struct fw_lambda *l);

/* extent.c */

/* Judges the request's extents; index of a bad one goes to @bad. */
u16 fw_extents_check(struct fw_ctrl *c, const struct fw_slot *s, u64 *bad);
u16 fw_extents_read(struct fw_ctrl *c, struct fw_slot *s, u8 *to);
u64 fw_extents_total(const struct fw_slot *s);

/* Writes that much of the output to the extents, which have room for it. */
u16 fw_extents_write(struct fw_ctrl *c, struct fw_slot *s, u32 len);

/* Says in the job which media the first @len bytes of the extents take. */
u64 fw_extents_use(struct fw_ctrl *c, const struct fw_slot *s,
		   struct fw_job *job, u64 len);

/* layout.c */

/* Lays the window out in the slot's memory and fills it, input excepted. */
u16 fw_lambda_lay_out(struct fw_lambda *l, struct fw_slot *s);

/* exec.c */
u16 fw_exec_slot(struct fw_ctrl *c, struct fw_cmd *cmd, bool write);
u16 fw_exec_fast(struct fw_ctrl *c, struct fw_cmd *cmd);
void fw_exec_abandon(struct fw_cmd *cmd);
void fw_exec_work_done(struct fw_ctrl *c, struct fw_work *work);

/* result.c */

/* Time and result of a run that has ended; a status. */
u16 fw_result_settle(struct fw_ctrl *c, struct fw_slot *s);
u64 fw_result_dwords(const struct nvme_lambda_result *r);

/* Counts a run that came to its end; one that did not, returning @status. */
void fw_result_add(struct fw_lambda *l, const struct fw_slot *s);
u16 fw_result_count(struct fw_ctrl *c, u16 status);

#endif /* FW_LAMBDA_H */
