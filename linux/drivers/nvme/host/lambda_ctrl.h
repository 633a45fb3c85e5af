/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Drives that run λs: what the parts of the driver share.
 *
 *	lambda.c       finds out what a controller can do, registers its disks
 *	lambda_exec.c  requests, and those that write
 *	lambda_read.c  those that read
 *	lambda_memory.c  memory of a request
 *	lambda_reserve.c  what a request holds of the drive
 *	lambda_slot.c  slots in the drive
 *	lambda_open.c  opens, renews and releases the session with the drive
 *	lambda_prog.c  programs in the drive
 *	lambda_cmd_io.c  sends those of a request, and again where it may
 *	lambda_cmd.c   sends one command and says what its end means
 *	lambda_result.c  what the drive tells of a run
 *	lambda_session.c  what is known of the session, and its epochs
 *
 * Each calls only those below it.
 *
 * Programs and slots belong to the host's session with the drive, and to its
 * present epoch. A new one begins with each reset, and when the drive says that
 * the session is no more. A request belongs to the epoch in which it began:
 * later none of its commands is sent, and the drive refuses those that are on
 * their way. So no task waits for them, and least of all a reset.
 */
#ifndef _NVME_LAMBDA_CTRL_H
#define _NVME_LAMBDA_CTRL_H

#include <linux/blk-lambda.h>
#include <linux/bpf_lambda.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/nvme-lambda.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "nvme.h"

/* Drive's time that a request may take: inode locks may be held meanwhile. */
#define NVME_LAMBDA_DEADLINE_US	1000000u

/* How often to look for signals that wake no waiter: every 4 ms or so. */
#define NVME_LAMBDA_LOOK	DIV_ROUND_UP(HZ, 250)

/*
 * How long the drive keeps what a host has that it does not hear from. One that
 * has nothing to do lets others have it, and begins anew.
 */
#define NVME_LAMBDA_LEASE_MS	30000u

/* How often a command is aborted at most; the pauses get longer. */
#define NVME_LAMBDA_ABORTS	3

/**
 * struct nvme_lambda_slot - a slot of the drive
 * @list: in &nvme_lambda.free, unless a request has it
 * @id:   what the drive calls it; 0 when it has not been allocated there
 */
struct nvme_lambda_slot {
	struct list_head list;
	u32 id;
};

/**
 * struct nvme_lambda - what a controller's λ side knows
 * @ctrl:     the controller
 * @id:       its page; as it was when the controller first came up
 * @queue:    in which requests of all its namespaces wait for a slot; as many
 *            places as the drive grants slots
 * @timeout:  jiffies that all that is under way in the drive may take
 * @key:      name of the session, which only the drive is told
 * @lock:     protects all that follows down to @load_lock; taken in process
 *            context only
 * @present:  the drive said when it came up last that it runs λs
 * @opened:   the present epoch is open, as far as is known
 * @epoch:    which one it is; counts up from 1
 * @grant:    what the drive granted it
 * @lease:    jiffies that the session lasts without a command
 * @used:     when the last one was sent, or tried to be, in jiffies
 * @in_use:   how many slots requests have
 * @fast:     executions on the fast path that are under way
 * @images:   struct nvme_lambda_program by image id
 * @loaded:   the programs that are in the drive, least recently used first
 * @nr_loaded: how many
 * @forgotten: programs that no image has any more, to be unloaded
 * @free:     slots that no request has
 * @slots:    all of them
 * @load_lock: held to load, unload and renew
 * @reopen:   in jiffies, before which no new epoch is tried; under @load_lock
 * @unload:   empties @forgotten; holds a reference to @ctrl
 * @aborting: 1 while an Abort of a λ command is under way
 */
struct nvme_lambda {
	struct nvme_ctrl *ctrl;
	struct nvme_lambda_id *id;
	struct blk_lambda_queue *queue;
	unsigned long timeout;
	u64 key;

	spinlock_t lock;	/* what a request does in few instructions */
	bool present;
	bool opened;
	u32 epoch;
	struct nvme_lambda_grant grant;
	unsigned long lease;
	unsigned long used;
	u32 fast;
	struct xarray images;
	struct list_head loaded;
	u32 nr_loaded;
	struct list_head forgotten;
	struct list_head free;
	struct nvme_lambda_slot *slots;

	struct mutex load_lock;	/* what waits for the drive's admin queue */
	unsigned long reopen;
	struct work_struct unload;
	atomic_t aborting;
};

/**
 * struct nvme_lambda_program - a program that the drive holds, held or refused
 * @image:   id of its image
 * @list:    in &nvme_lambda.loaded or &nvme_lambda.forgotten
 * @id:      what the drive calls it; 0 when it is not there
 * @epoch:   when it was loaded
 * @users:   requests that use it
 * @refused: the drive will not have it
 *
 * Under &nvme_lambda.lock. Lives until its image is forgotten.
 */
struct nvme_lambda_program {
	u64 image;
	struct list_head list;
	u32 id;
	u32 epoch;
	u32 users;
	bool refused;
};

/**
 * struct nvme_lambda_cmd - one command
 * @c:      the command, but for its data pointer, key and epoch
 * @epoch:  the epoch that it belongs to
 * @buf:    data in kernel memory; the direction is the opcode's
 * @len:    bytes of it, at most nvme_lambda_cmd_io_chunk(); may be 0
 * @task:   the task whose signals count; NULL: the one that waits for it
 * @deaf:   none do: how it ends has to be known, and it soon does
 * @cancelled: where no task waits for it: tells that it is not wanted any more
 * @sent:   completed once the drive has it; may be NULL
 * @work:   queued on blk_lambda_workers when it has ended; NULL: a task waits
 * @done:   for which it does
 * @issued: the drive may have seen it
 * @status: how it has ended, in the words of the block layer
 * @begun:  when it was sent, in ns
 * @ended:  when it had ended, however late it is that someone sees it
 * @result: dwords 0 and 1 of the completion
 * @time:   ns that the drive had it
 */
struct nvme_lambda_cmd {
	struct nvme_command c;
	u32 epoch;
	void *buf;
	u32 len;
	struct task_struct *task;
	bool deaf;
	const bool *cancelled;
	struct completion *sent;
	struct delayed_work *work;
	struct completion done;
	bool issued;
	blk_status_t status;
	u64 begun;
	u64 ended;
	u64 result;
	u64 time;
};

/* What a command of a read is for, in this order. */
enum nvme_lambda_step {
	NVME_LAMBDA_SLOT,	/* has a slot allocated */
	NVME_LAMBDA_SEND,	/* tells the slot what to do */
	NVME_LAMBDA_RUN,
	NVME_LAMBDA_FETCH,	/* gets output and result */
};

/**
 * struct nvme_lambda_read - a read, as the commands that it takes
 * @io:      the request
 * @rq:      the same
 * @cmd:     the present command
 * @step:    what it is for
 * @request: what the slot is told
 * @size:    bytes that are to be sent or fetched
 * @done:    how many have been
 * @ret:     in the end: as &blk_lambda_ops.execute
 */
struct nvme_lambda_read {
	struct nvme_lambda_io *io;
	struct blk_lambda_request *rq;
	struct nvme_lambda_cmd cmd;
	enum nvme_lambda_step step;
	void *request;
	size_t size;
	size_t done;
	int ret;
};

/**
 * struct nvme_lambda_io - what the driver keeps of a request
 * @l:       the controller's λ side
 * @ns:      namespace of the extents
 * @task:    the task whose signals count, &blk_lambda_request.task
 * @payer:   user and address space that pay for it
 * @epoch:   epoch that it belongs to, as the next two from reserve on
 * @boot:    start of the drive that this was in
 * @session: number of the session there
 * @program: its program, loaded; held from reserve to release, as the next two
 * @slot:    its slot; NULL: it holds nothing
 * @fast:    it is one of &nvme_lambda.fast; then @buf is there
 * @failed:  a command failed; the slot may be busy for a while
 * @flight:  of a read for which no task waits
 * @buf:     output and result as they come from the drive
 * @room:    bytes of @buf
 * @sent:    bytes that were sent to the slot
 * @time:    ns that the drive had commands of it
 */
struct nvme_lambda_io {
	struct nvme_lambda *l;
	struct nvme_ns *ns;
	struct task_struct *task;
	struct bpf_lambda_payer payer;
	u32 epoch;
	__le64 boot;
	__le32 session;
	struct nvme_lambda_program *program;
	struct nvme_lambda_slot *slot;
	bool fast;
	bool failed;
	struct nvme_lambda_flight *flight;
	void *buf;
	size_t room;
	u64 sent;
	u64 time;
};

/* lambda_session.c */
void nvme_lambda_session_name(struct nvme_lambda *l, struct nvme_command *c,
			      u32 epoch);
void nvme_lambda_session_ended(struct nvme_lambda *l, u32 epoch, int ret);
bool nvme_lambda_session_is_epoch(const struct nvme_lambda *l, u32 epoch);
bool nvme_lambda_session_is_live(const struct nvme_lambda *l);
int nvme_lambda_session_accept(struct nvme_lambda *l, u32 epoch,
			       const struct nvme_lambda_grant *grant);
void nvme_lambda_session_granted(struct nvme_lambda_io *io, __le32 slots,
				 __le32 programs);

/* lambda_open.c */
u32 nvme_lambda_open_new_epoch(struct nvme_lambda *l, bool present);
int nvme_lambda_open(struct nvme_lambda *l, u32 epoch);
u32 nvme_lambda_open_renew(struct nvme_lambda *l);

/* Whether a command is wanted no more; a worker gets no signals. */
static inline bool nvme_lambda_cmd_interrupted(struct task_struct *task)
{
	return bpf_lambda_interrupted(task ?: current);
}

/* lambda_cmd.c */
bool nvme_lambda_cmd_fits(const struct nvme_ns *ns);
int nvme_lambda_cmd_submit(struct nvme_lambda *l, struct nvme_ns *ns,
			   struct nvme_lambda_cmd *cmd);
bool nvme_lambda_cmd_abort(struct nvme_lambda *l, struct request *victim);
struct request *nvme_lambda_cmd_make(struct nvme_lambda *l, struct nvme_ns *ns,
				     struct nvme_lambda_cmd *cmd, bool wait);
int nvme_lambda_cmd_take(struct nvme_lambda *l, struct request *rq,
			 struct nvme_lambda_cmd *cmd);
void nvme_lambda_cmd_send(struct request *rq, struct nvme_lambda_cmd *cmd);
int nvme_lambda_cmd_reason(int ret, struct task_struct *task);

/* lambda_cmd_io.c */
struct request *nvme_lambda_cmd_io_begin(struct nvme_lambda_io *io,
					 struct nvme_lambda_cmd *cmd,
					 bool wait);
int nvme_lambda_cmd_io_end(struct nvme_lambda_io *io,
			   struct nvme_lambda_cmd *cmd, struct request *rq);
int nvme_lambda_cmd_io_once(struct nvme_lambda_io *io,
			    struct nvme_lambda_cmd *cmd);
int nvme_lambda_cmd_io(struct nvme_lambda_io *io, struct nvme_lambda_cmd *cmd);
int nvme_lambda_cmd_io_slot(struct nvme_lambda_io *io,
			    struct nvme_lambda_cmd *cmd, u32 offset, void *buf,
			    u32 len);
u32 nvme_lambda_cmd_io_chunk(struct nvme_lambda *l, struct request_queue *q);
unsigned long nvme_lambda_cmd_io_pause(int ret, u32 *tries);
bool nvme_lambda_cmd_io_again(int ret, u32 *tries, struct task_struct *task);

/* lambda_prog.c */
int nvme_lambda_program_bring(struct nvme_lambda *l, u32 epoch,
			      const struct blk_lambda_request *rq);
void nvme_lambda_program_lost(struct nvme_lambda *l,
			      struct nvme_lambda_program *p, u32 epoch);
void nvme_lambda_programs_drop(struct nvme_lambda *l);
void nvme_lambda_programs_free(struct nvme_lambda *l);
void nvme_lambda_prog_forget(struct nvme_lambda *l, u64 image);
void nvme_lambda_prog_unload_work(struct work_struct *work);

/* lambda_slot.c */
static inline __le32 nvme_lambda_slot_id(const struct nvme_lambda_io *io)
{
	return cpu_to_le32(READ_ONCE(io->slot->id));
}

int nvme_lambda_set_slot(struct nvme_lambda_io *io, u32 id);
void nvme_lambda_lost_slot(struct nvme_lambda_io *io);
int nvme_lambda_alloc_slot(struct nvme_lambda_io *io);
int nvme_lambda_fill_slot(struct nvme_lambda_io *io,
			  enum nvme_lambda_area area, u32 offset, void *buf,
			  u32 len);

/* lambda_result.c */
bool nvme_lambda_result_take_end(struct blk_lambda_request *rq, u64 dwords);
bool nvme_lambda_take_result(struct nvme_lambda_io *io,
			     struct blk_lambda_request *rq,
			     const struct nvme_lambda_result *r);
bool nvme_lambda_take_lengths(struct blk_lambda_request *rq,
			      const __le32 *lengths);

/* lambda_reserve.c */
int nvme_lambda_reserve(struct nvme_lambda_io *io,
			const struct blk_lambda_request *rq, bool fast);
void nvme_lambda_reserve_leave_fast(struct nvme_lambda_io *io);
void nvme_lambda_reserve_release(struct nvme_lambda_io *io);

/* lambda_memory.c */
size_t nvme_lambda_memory_answer_size(u32 out_len, u32 nr_runs);
void *nvme_lambda_get_memory(struct nvme_lambda_io *io, size_t size);
void nvme_lambda_put_memory(struct nvme_lambda_io *io, void *buf, size_t size);
int nvme_lambda_memory_make_room(struct nvme_lambda_io *io, size_t size);
size_t nvme_lambda_memory_request_size(const struct blk_lambda_request *rq);
bool nvme_lambda_memory_too_many(const struct nvme_lambda_io *io,
				 const struct blk_lambda_request *rq);
void *nvme_lambda_memory_make_request(struct nvme_lambda_io *io,
				      const struct blk_lambda_request *rq);

/* lambda_read.c */
int nvme_lambda_read_note_failed(struct nvme_lambda_io *io, int ret);
bool nvme_lambda_read_may_be_fast(const struct nvme_lambda_io *io,
				  const struct blk_lambda_request *rq);
int nvme_lambda_read(struct nvme_lambda_io *io, struct blk_lambda_request *rq);
int nvme_lambda_read_new_flight(struct nvme_lambda_io *io,
				struct blk_lambda_request *rq);
void nvme_lambda_read_submit(void *private, struct blk_lambda_request *rq);
void nvme_lambda_read_cancel(void *private, struct blk_lambda_request *rq);

/* lambda_exec.c */
int nvme_lambda_exec_prepare(void *private, struct blk_lambda_request *rq);
int nvme_lambda_exec_request(void *private, struct blk_lambda_request *rq);
void nvme_lambda_exec_finish(void *private, struct blk_lambda_request *rq);

#endif /* _NVME_LAMBDA_CTRL_H */
