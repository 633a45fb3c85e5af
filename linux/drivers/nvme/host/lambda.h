/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Drives that run λs: what the parts of the driver share.
 *
 *	lambda.c       finds out what a controller can do, registers its disks
 *	lambda_cmd.c   sends one command and says what its end means
 *	lambda_prog.c  programs in the drive
 *	lambda_slot.c  slots in the drive
 *	lambda_exec.c  requests
 *	lambda_result.c  what the drive tells of them
 *
 * Programs and slots belong to the drive's session, which a reset ends. A
 * request belongs to the session in which it began: later none of its commands
 * is sent. One that was on its way when the reset came may still get through;
 * so nothing is sent in the new session until that one has ended, and it can
 * meet nobody else's program or slot. The reset waits for nobody.
 */
#ifndef _NVME_LAMBDA_HOST_H
#define _NVME_LAMBDA_HOST_H

#include <linux/blk-lambda.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/nvme-lambda.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "nvme.h"

/* Drive's time that a request may take: inode locks may be held meanwhile. */
#define NVME_LAMBDA_DEADLINE_US	1000000u

/**
 * struct nvme_lambda_slot - a slot of the drive
 * @list: in &nvme_lambda.slots while no request has it
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
 * @patience: jiffies that all that is under way in the drive may take
 * @lock:     protects all that follows down to @load_lock; taken in process
 *            context only
 * @present:  the drive said in its present session that it runs λs
 * @session:  which session it is; counts up
 * @users:    commands of this session that are under way
 * @stale:    those of earlier sessions
 * @fast:     executions on the fast path that are under way
 * @images:   struct nvme_lambda_program by image id
 * @loaded:   the programs that are in the drive, least recently used first
 * @nr_loaded: how many
 * @forgotten: programs that no image has any more, to be unloaded
 * @free:     slots that nobody has
 * @slots:    all of them
 * @load_lock: held to load and unload; nobody who holds it waits for @wait
 * @wait:     for a free slot
 * @unload:   empties @forgotten; holds a reference to @ctrl
 */
struct nvme_lambda {
	struct nvme_ctrl *ctrl;
	struct nvme_lambda_id *id;
	unsigned long patience;

	spinlock_t lock;	/* what a request does in few instructions */
	bool present;
	u32 session;
	u32 users;
	u32 stale;
	u32 fast;
	struct xarray images;
	struct list_head loaded;
	u32 nr_loaded;
	struct list_head forgotten;
	struct list_head free;
	struct nvme_lambda_slot *slots;

	struct mutex load_lock;	/* what waits for the drive's admin queue */
	wait_queue_head_t wait;
	struct work_struct unload;
};

/**
 * struct nvme_lambda_program - a program that the drive holds, held or refused
 * @image:   id of its image
 * @list:    in &nvme_lambda.loaded or &nvme_lambda.forgotten
 * @id:      what the drive calls it; 0 when it is not there
 * @session: when it was loaded
 * @users:   requests that use it
 * @refused: the drive will not have it
 *
 * Under &nvme_lambda.lock. Lives until its image is forgotten.
 */
struct nvme_lambda_program {
	u64 image;
	struct list_head list;
	u32 id;
	u32 session;
	u32 users;
	bool refused;
};

/**
 * struct nvme_lambda_cmd - one command
 * @c:      the command, but for its data pointer
 * @buf:    data in kernel memory; the direction is the opcode's
 * @len:    bytes of it, at most nvme_lambda_chunk(); may be 0
 * @task:   whose fatal signals count; NULL: of who waits for it
 * @sent:   completed once the drive has it; may be NULL
 * @result: dwords 0 and 1 of the completion
 * @time:   ns that the drive had it
 */
struct nvme_lambda_cmd {
	struct nvme_command c;
	void *buf;
	u32 len;
	struct task_struct *task;
	struct completion *sent;
	u64 result;
	u64 time;
};

/**
 * struct nvme_lambda_io - what the driver keeps of a request
 * @l:       the controller's λ side
 * @ns:      namespace of the extents
 * @task:    whose fatal signals count, &blk_lambda_request.task
 * @session: session that it belongs to
 * @program: its program, loaded; NULL once it has run
 * @slot:    its slot; NULL once it has run
 * @failed:  a command failed; the slot may be busy for a while
 * @buf:     output and result as they come from the drive
 * @room:    bytes of @buf
 * @sent:    bytes that were sent to the slot
 * @time:    ns that the drive had commands of it
 */
struct nvme_lambda_io {
	struct nvme_lambda *l;
	struct nvme_ns *ns;
	struct task_struct *task;
	u32 session;
	struct nvme_lambda_program *program;
	struct nvme_lambda_slot *slot;
	bool failed;
	void *buf;
	size_t room;
	u64 sent;
	u64 time;
};

/* lambda.c */
bool nvme_lambda_session(struct nvme_lambda *l, u32 *session);
bool nvme_lambda_enter(struct nvme_lambda *l, u32 session);
void nvme_lambda_leave(struct nvme_lambda *l, u32 session);

/* lambda_cmd.c */
int nvme_lambda_submit(struct nvme_lambda *l, struct nvme_ns *ns,
		       struct nvme_lambda_cmd *cmd);
int nvme_lambda_io_once(struct nvme_lambda_io *io, struct nvme_lambda_cmd *cmd);
int nvme_lambda_io(struct nvme_lambda_io *io, struct nvme_lambda_cmd *cmd);
int nvme_lambda_slot_io(struct nvme_lambda_io *io, struct nvme_lambda_cmd *cmd,
			u32 offset, void *buf, u32 len);
u32 nvme_lambda_chunk(struct nvme_lambda *l, struct request_queue *q);
int nvme_lambda_reason(int ret, struct task_struct *task);
bool nvme_lambda_again(int ret, u32 *tries, struct task_struct *task);
bool nvme_lambda_is(int ret, enum nvme_lambda_sc sc);

/* lambda_prog.c */
int nvme_lambda_program_get(struct nvme_lambda *l, u32 session,
			    const struct blk_lambda_request *rq,
			    struct nvme_lambda_program **ret);
void nvme_lambda_program_put(struct nvme_lambda *l,
			     struct nvme_lambda_program *p);
void nvme_lambda_program_lost(struct nvme_lambda *l,
			      struct nvme_lambda_program *p, u32 session);
void nvme_lambda_programs_drop(struct nvme_lambda *l);
void nvme_lambda_programs_free(struct nvme_lambda *l);
void nvme_lambda_forget(struct nvme_lambda *l, u64 image);
void nvme_lambda_unload_work(struct work_struct *work);

/* lambda_slot.c */
static inline __le32 nvme_lambda_slot_id(const struct nvme_lambda_io *io)
{
	return cpu_to_le32(READ_ONCE(io->slot->id));
}

int nvme_lambda_take_slot(struct nvme_lambda_io *io);
void nvme_lambda_put_slot(struct nvme_lambda_io *io);
void nvme_lambda_lost_slot(struct nvme_lambda_io *io);
int nvme_lambda_alloc_slot(struct nvme_lambda_io *io);
int nvme_lambda_fill_slot(struct nvme_lambda_io *io,
			  enum nvme_lambda_area area, u32 offset, void *buf,
			  u32 len);

/* lambda_result.c */
bool nvme_lambda_take_end(struct blk_lambda_request *rq, u64 dwords);
bool nvme_lambda_take_result(const struct nvme_lambda_io *io,
			     struct blk_lambda_request *rq,
			     const struct nvme_lambda_result *r);

/* lambda_exec.c */
int nvme_lambda_prepare(void *private, struct blk_lambda_request *rq);
int nvme_lambda_execute(void *private, struct blk_lambda_request *rq);
void nvme_lambda_finish(void *private, struct blk_lambda_request *rq);

#endif /* _NVME_LAMBDA_HOST_H */
