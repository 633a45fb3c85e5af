/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The λ command set of linux/nvme-lambda.h: sessions, programs, slots and
 * executions.
 *
 * An execution has three parts. It is prepared and finished under the
 * controller's lock, where it may touch media and host memory and wait for them;
 * in between it runs, perhaps elsewhere, and touches nothing but its slot's
 * memory. So does a commit, and the program's.
 */
#ifndef FW_LAMBDA_H
#define FW_LAMBDA_H

#include <linux/nvme-lambda.h>

#include "core/ctrl.h"
#include "sbpf/sbpf.h"

#define FW_REQUEST_BYTES	((u32)(sizeof(struct nvme_lambda_request) + \
				 FW_EXTENTS_MAX *			    \
				 sizeof(struct nvme_lambda_extent) +	    \
				 FW_RUNS_MAX *				    \
				 sizeof(struct nvme_lambda_run) +	    \
				 SBPF_ARGS_MAX))

#define FW_TEXT_ALIGN	64u	/* bytes of a cache line, where code begins */

/* Places and bytes of one operation on the extents of a request. */
#define FW_SLOT_SEGS_MAX	64u
#define FW_SLOT_OP_BYTES	(4u << 20)

/**
 * struct fw_session - what belongs to one host
 * @key:           its name; 0 when the place is free
 * @number:        which one it is since the drive started
 * @epoch:         its epoch
 * @want_slots:    slots that its host would use
 * @want_programs: programs, likewise
 * @lease_ms:      how long it lasts without a command; 0 before it has begun
 * @deadline_us:   of executions on the fast path; 0 for the drive's own
 * @used:          when a command of it was executed last, in ns
 */
struct fw_session {
	u64 key;
	u32 number;
	u32 epoch;
	u32 want_slots;
	u32 want_programs;
	u32 lease_ms;
	u32 deadline_us;
	u64 used;
};

/**
 * struct fw_program - a program, loaded or loading
 * @work:      for the platform, when its commit is deferred
 * @cmd:       command that commits it; NULL when that was taken away
 * @committing: that is not over yet
 * @bad:       not 0: it was refused
 * @scratch:   what the commit may use, the drive's
 * @session:   whose it is
 * @id:        its id; 0 when the place is free
 * @gen:       counts the programs that were in this place
 * @committed: checked, can be executed
 * @size:      bytes of its image
 * @got:       bytes received
 * @since:     when the last of them were
 * @runs:      executions that use it now, and its commit; outlives @id over a
 *             reset
 * @image:     the image
 * @head:      its head, copied so that it is aligned
 * @rodata:    .rodata in the image
 * @data:      .data in the image
 * @sbpf:      what the runtime knows of it
 * @table:     its tables when it is translated; NULL in modes that none are in
 * @text:      its share of memory for code
 */
struct fw_program {
	struct fw_work work;
	struct fw_cmd *cmd;
	bool committing;
	int bad;
	void *scratch;
	struct fw_session *session;
	u32 id;
	u32 gen;
	bool committed;
	u32 size;
	u32 got;
	u64 since;
	u32 runs;
	u8 *image;
	struct nvme_lambda_image head;
	const u8 *rodata;
	const u8 *data;
	struct sbpf_program sbpf;
	struct sbpf_code *table[SBPF_JIT_MODES];
	struct fw_text text;
};

/**
 * struct fw_part - the part of a request that its λ runs over now: all of it, or
 *                  a run
 * @index:   which run
 * @extent:  its first extent
 * @extents: how many
 * @offset:  file offset of its input
 * @len:     bytes of that
 */
struct fw_part {
	u32 index;
	u32 extent;
	u32 extents;
	u64 offset;
	u32 len;
};

/**
 * struct fw_sum - what the runs of a request have taken until now
 * @insns:        instructions
 * @budget_used:  of their budgets
 * @helper_bytes: bytes that helpers were charged for
 * @out_len:      bytes of output
 */
struct fw_sum {
	u64 insns;
	u64 budget_used;
	u64 helper_bytes;
	u64 out_len;
};

/**
 * struct fw_slot - a request and the memory it runs in
 * @work:     for the platform, when the run is deferred
 * @op:       what it reads or writes now
 * @segs:     places of that
 * @step:     goes on with the execution when that, or the run, has ended
 * @deferred: the run has been, and is not over
 * @extent:   index of the extent to be read or written next
 * @into:     bytes of it that have been
 * @moved:    bytes of the part
 * @c:        the controller
 * @session:  whose it is, or whose execution it is of on the fast path
 * @id:       its id; 0 when it is free
 * @gen:      counts the requests that had this slot
 * @running:  an execution is under way; outlives @id over abort and reset
 * @filling:  commands that write to it now
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
 * @shape:    what its segments have to hold
 * @window:   they, in @mem
 * @part:     what is run over
 * @run:      the run
 * @sum:      those before it
 * @output:   where the answer's output is; NULL where no window was laid out yet
 * @lengths:  with runs: bytes of output of each, in @mem
 * @out_len:  bytes of output of the last request
 * @result:   what became of it
 */
struct fw_slot {
	struct fw_work work;
	struct fw_op op;
	struct fw_seg segs[FW_SLOT_SEGS_MAX];
	u16 (*step)(struct fw_ctrl *c, struct fw_slot *s);
	bool deferred;
	u32 extent;
	u64 into;
	u64 moved;
	struct fw_ctrl *c;
	struct fw_session *session;
	u32 id;
	u32 gen;
	bool running;
	u32 filling;
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
	struct sbpf_shape shape;
	struct sbpf_window window;
	struct fw_part part;
	struct sbpf_run run;
	struct fw_sum sum;
	u8 *output;
	__le32 *lengths;
	u32 out_len;
	struct nvme_lambda_result result;
};

/**
 * struct fw_lambda - all of a controller's λ state
 * @cfg:      its means
 * @sessions: places of sessions
 * @opened:   sessions that there have been
 * @opens:    commands that open one, and wait for writes of those that are over
 * @written:  tells them that there are none any more
 * @telling:  it is under way
 * @programs: places of programs, @cfg.programs of them
 * @slots:    slots, @cfg.slots for the host and behind them @fast for the
 *            fast path
 * @fast:     how many
 * @scratch:  for the check
 * @commits:  commands that wait for it
 * @checking: program that it is used for now
 * @stats:    counters
 */
struct fw_lambda {
	struct fw_lambda_config cfg;
	struct fw_session sessions[FW_SESSIONS_MAX];
	u32 opened;
	struct fw_cmd *opens;
	struct fw_work written;
	bool telling;
	struct fw_program programs[FW_PROGRAMS_MAX];
	struct fw_slot slots[FW_WINDOWS_MAX];
	u32 fast;
	void *scratch;
	struct fw_cmd *commits;
	struct fw_program *checking;
	struct nvme_lambda_stats stats;
};

static inline struct fw_lambda *fw_lambda(struct fw_ctrl *c)
{
	return c->cmdset_state;
}

/* Ids: a place in bits 0-7, and which user of the place above. */
#define FW_LAMBDA_PLACE(id)	((id) & 0xff)

static inline u32 fw_lambda_id(u32 place, u32 *gen)
{
	return ++*gen << 8 | place;
}

/* The extents of a slot's request, as the host has sent them. */
static inline const struct nvme_lambda_extent *
fw_extents(const struct fw_slot *s)
{
	return (const void *)(s->request + sizeof(s->req));
}

static inline const struct nvme_lambda_run *fw_runs(const struct fw_slot *s)
{
	return (const void *)(fw_extents(s) + s->req.nr_extents);
}

/* cmdset.c */

/* Returns NULL, or what is wrong with the configuration. */
const char *fw_cmdset_check(const struct fw_config *cfg);

/* Takes its memory from the pool; NULL when there was too little. */
struct fw_lambda *fw_cmdset_take(const struct fw_config *cfg,
				 struct fw_pool *pool);

/* Adds the command set to a controller. */
void fw_cmdset_attach(struct fw_ctrl *c, struct fw_lambda *l);

/* session.c */
u16 fw_session_open(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_session_release(struct fw_ctrl *c, struct fw_cmd *cmd,
		       struct fw_session *ss);

/* Finds the session that a command names, in its epoch, and renews its lease. */
u16 fw_session_enter(struct fw_ctrl *c, const struct fw_sqe *sqe,
		     struct fw_session **ret);

/* Begins its lease; nothing for NULL, which is a session that is over. */
void fw_session_renew(struct fw_ctrl *c, struct fw_session *ss);

/* An execution is over, which a session that is to open may have waited for. */
void fw_session_written(struct fw_ctrl *c);

/* Ends those whose lease has run out; ends them all. */
void fw_session_expire(struct fw_ctrl *c);
void fw_session_reset(struct fw_ctrl *c);

/* How many there are, and what one of them may have. */
u32 fw_sessions_open(const struct fw_lambda *l);
u32 fw_session_slots(const struct fw_lambda *l, const struct fw_session *ss);
u32 fw_session_programs(const struct fw_lambda *l, const struct fw_session *ss);

/* program.c */
u16 fw_program_load(struct fw_ctrl *c, struct fw_cmd *cmd,
		    struct fw_session *ss);
u16 fw_program_unload(struct fw_ctrl *c, struct fw_cmd *cmd,
		      struct fw_session *ss);
struct fw_program *fw_program_find(struct fw_lambda *l,
				   const struct fw_session *ss, u32 id);

/* commit.c */
u16 fw_commit(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss);

/* slot.c */
u16 fw_slot_alloc(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss);
u16 fw_slot_free(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss);
u16 fw_slot_write(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss);
u16 fw_slot_read(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss);
struct fw_slot *fw_slot_find(struct fw_lambda *l, const struct fw_session *ss,
			     u32 id);

/* Whether a command is at work on it, or its completion not posted yet. */
bool fw_slot_busy(const struct fw_slot *s);
struct fw_slot *fw_slot_take_fast(struct fw_lambda *l);

/* extent.c */

/* Judges the request's extents; index of a bad one goes to @bad. */
u16 fw_extents_check(struct fw_ctrl *c, const struct fw_slot *s, u64 *bad);
u64 fw_extents_total(const struct fw_slot *s);

/* Begins with the first one of the part, of which nothing is moved yet. */
void fw_extents_rewind(struct fw_slot *s);

/*
 * Puts into @s->op the next places of @len bytes that lie in the extents and at
 * @mem; false when there are no more.
 */
bool fw_extents_next(struct fw_slot *s, u8 *mem, u64 len);

/* Says in the job which media the first @len bytes of the extents take. */
u64 fw_extents_use(struct fw_ctrl *c, const struct fw_slot *s,
		   struct fw_job *job, u64 len);

/* run.c */

/* Judges the request's runs. */
u16 fw_runs_check(const struct fw_slot *s);

/* Begins with the first part; goes on to the next one, false: there is none. */
void fw_runs_rewind(struct fw_slot *s);
bool fw_runs_next(struct fw_slot *s);

/* Bytes of the slot's memory for what all runs have, and where that is. */
u64 fw_runs_bytes(const struct fw_slot *s);
void fw_runs_place(struct fw_slot *s, u8 *mem);

/* After a run: keeps its output, and adds up what it took. */
void fw_runs_keep(struct fw_slot *s);

/* Bytes in the answer that tell of the output of each. */
u32 fw_runs_lengths(const struct fw_slot *s);

/* layout.c */

/* Lays the window of each part out in the slot's memory: that of one stays. */
u16 fw_layout_check(struct fw_lambda *l, struct fw_slot *s);
u16 fw_layout_make(struct fw_lambda *l, struct fw_slot *s);

/*
 * Fills it, but for the input that the host or the media has set. A part of the
 * run; false when that was told to stop.
 */
bool fw_layout_fill(struct fw_slot *s);

/* exec.c */
u16 fw_exec_slot(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss,
		 bool write);
u16 fw_exec_fast(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss);

/* result.c */

/* Bytes that helpers may handle; with more the request is late anyway. */
u64 fw_result_helper_bytes(struct fw_ctrl *c, const struct fw_slot *s);

/* Time and result of a run that has ended; a status. */
u16 fw_result_settle(struct fw_ctrl *c, struct fw_slot *s);
u64 fw_result_dwords(const struct nvme_lambda_result *r);

/* Counts a run that came to its end; one that did not, returning @status. */
void fw_result_add(struct fw_lambda *l, const struct fw_slot *s);
u16 fw_result_count(struct fw_ctrl *c, u16 status);

#endif /* FW_LAMBDA_H */
