/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One command from its fetch to its completion.
 *
 * A handler executes a command at once and returns its status, or begins what
 * may end later and says in cmd->step how to go on then. On the way it says in
 * cmd->job what it used; the completion is posted when that time has passed.
 */
#ifndef FW_CMD_H
#define FW_CMD_H

#include "fw_ctrl.h"
#include "fw_nvme.h"
#include "media/media.h"
#include "timing/timing.h"

struct fw_ctrl;
struct fw_session;
struct fw_sq;

/*
 * Not a status, but what becomes of the command: it is pending, and goes on, or
 * completes, later; it goes on at once; or with its next piece; or never ends.
 */
#define FW_PENDING		0xffff
#define FW_GO		0xfffe
#define FW_MORE		0xfffd
#define FW_LOST		0xfffc

static inline bool fw_is_status(u16 status)
{
	return status < FW_LOST;
}

enum fw_cmd_state {
	FW_CMD_FREE,
	FW_CMD_HELD,		/* executing, or pending */
	FW_CMD_TIMED,		/* its time passes */
	FW_CMD_DONE,		/* waits for room; of the admin queue only */
};

/**
 * struct fw_inject - an error on order; see linux/nvme-lambda.h
 * @kind:   enum nvme_lambda_fault; 0 for none
 * @opcode: of the commands meant
 * @after:  they are executed first
 * @admin:  admin commands are meant
 * @value:  status, or ms
 * @skip:   commands meant that still pass
 * @hits:   commands it still strikes
 */
struct fw_inject {
	u8 kind;
	u8 opcode;
	bool after;
	bool admin;
	u16 value;
	u16 skip;
	u32 hits;
};

/**
 * struct fw_cmd - a command in flight
 * @job:    what it uses, and its place in time; first, so that one is the
 *          other
 * @state:  enum fw_cmd_state
 * @sq_id:  submission queue it came from
 * @cq_id:  completion queue it goes to
 * @sqe:    as fetched, so that the host cannot change it under us
 * @since:  when it was fetched
 * @status: of its completion
 * @result: dwords 0 and 1 of its completion
 * @inject: what is to go wrong with it
 * @step:   goes on with it; a status, or another of those numbers
 * @then:   for its step, to go on with
 * @x:      what it moves data with
 * @line:   the line that it waits in, of those there are; NULL: in none
 * @owner:  for its handler: what it is pending in, NULL when in nothing
 * @session: for the command set: whose it is, as long as there is one
 * @abandon: NULL, or called when it is taken away from that before its end
 * @done:   bytes of it that are done
 * @wrote:  it has changed the media, so that it is too late to abort it
 * @next:   in the free list, or in the line for its completion queue, or in
 *          @line
 */
struct fw_cmd {
	struct fw_job job;
	u8 state;
	u16 sq_id;
	u16 cq_id;
	struct fw_sqe sqe;
	u64 since;
	u16 status;
	u64 result;
	struct fw_inject inject;
	u16 (*step)(struct fw_ctrl *c, struct fw_cmd *cmd);
	u16 (*then)(struct fw_ctrl *c, struct fw_cmd *cmd);
	struct fw_transfer *x;
	struct fw_cmd **line;
	void *owner;
	struct fw_session *session;
	void (*abandon)(struct fw_ctrl *c, struct fw_cmd *cmd);
	u64 done;
	bool wrote;
	struct fw_cmd *next;
};

/**
 * struct fw_places - where a command's data lies in host memory
 * @nr:   how many
 * @segs: places
 */
struct fw_places {
	u32 nr;
	struct fw_seg segs[FW_PRP_SEGS_MAX];
};

/**
 * struct fw_transfer - what a command moves data with
 * @op:     the operation; first, so that one is the other
 * @cmd:    whose it is; NULL: nobody's, though @op may still be under way
 * @places: its data in host memory
 * @at:     and on the media
 * @buf:    and here; FW_TRANSFER_BYTES
 * @next:   in the list of those that are idle
 */
struct fw_transfer {
	struct fw_op op;
	struct fw_cmd *cmd;
	struct fw_places places;
	struct fw_seg at;
	u8 *buf;
	struct fw_transfer *next;
};

/* cmd.c */

/* Puts all commands on the free list. */
void fw_cmd_init(struct fw_ctrl *c);

/* One that comes from the queue; there is one that is free. */
struct fw_cmd *fw_cmd_take(struct fw_ctrl *c, const struct fw_sq *sq);
void fw_cmd_free(struct fw_ctrl *c, struct fw_cmd *cmd);

/* Lines of commands: the last joins, anyone leaves, as does who is in none. */
void fw_cmd_line_join(struct fw_cmd **line, struct fw_cmd *cmd);
void fw_cmd_line_leave(struct fw_cmd *cmd);

/* complete.c */

/* Ends a command: its job begins, or with nothing to wait for it is posted. */
void fw_complete(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status);

/*
 * Ends a command before its time. Effects it has had stay; no DMA and no
 * second completion follow. Only for commands that are HELD or TIMED.
 */
void fw_complete_abort(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status);

/* Ends a command that is TIMED as it would end when its time has passed. */
void fw_complete_hasten(struct fw_ctrl *c, struct fw_cmd *cmd);

/*
 * Has the error that was injected into a command strike it, which would end, or
 * go on, with @status. The status it has now, or FW_PENDING: it is no more.
 */
u16 fw_complete_strike(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status);

/* Forgets a command without a completion, whatever its state. */
void fw_complete_drop(struct fw_ctrl *c, struct fw_cmd *cmd);

/* io.c */

/* The status of a command whose access to the media ended so. */
u16 fw_io_media_status(int err);

/* inject.c: judges, and acts on nothing but the command */
u16 fw_inject_order(struct fw_ctrl *c, const struct fw_sqe *sqe);
u32 fw_inject_left(const struct fw_ctrl *c);

/* Notes in a command that was fetched which error is its. */
void fw_inject_choose(struct fw_ctrl *c, struct fw_cmd *cmd);

/*
 * What becomes of a command that would end, or go on, with @status: the status
 * it has now, or FW_LOST. To ask a second time changes nothing.
 */
u16 fw_inject_judge(struct fw_cmd *cmd, u16 status);

/* op.c */

/* Something has ended; it is told before the entry is over. */
void fw_op_work_note(struct fw_ctrl *c, struct fw_work *work);

/* Begins an operation; false: its end comes later, and @end is called then. */
bool fw_op_begin(struct fw_ctrl *c, struct fw_op *op);

/* Begins those that have waited for others which have ended. */
void fw_op_begin_waiting(struct fw_ctrl *c);

/*
 * The operation is not waited for any more. False: it is under way, and has its
 * end, but touches host memory no more. Else it is not and has none.
 */
bool fw_op_abandon(struct fw_ctrl *c, struct fw_op *op);

/* transfer.c */
void fw_transfer_init(struct fw_ctrl *c, u8 *buffers);

/* Whether there is one for the command; takes it. */
bool fw_transfer_left(const struct fw_ctrl *c, const struct fw_cmd *cmd);
bool fw_transfer_take(struct fw_ctrl *c, struct fw_cmd *cmd);

/* Gives that of a command back, if it has one; one that has no command. */
void fw_transfer_end(struct fw_ctrl *c, struct fw_cmd *cmd);
void fw_transfer_put(struct fw_ctrl *c, struct fw_transfer *x);

/* step.c */

/* Goes on with a command, of which @status was just said, as far as it goes. */
void fw_step_go(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status);

/* Has it go on with @step as soon as it has a transfer; FW_GO or FW_PENDING. */
u16 fw_step_begin(struct fw_ctrl *c, struct fw_cmd *cmd,
		  u16 (*step)(struct fw_ctrl *c, struct fw_cmd *cmd));

/* Whether one that waits could have one; gives them what there is. */
bool fw_step_due(const struct fw_ctrl *c);
void fw_step_serve(struct fw_ctrl *c);

/* Flush the media, move all of its data, or a place; FW_GO or FW_PENDING. */
u16 fw_step_flush(struct fw_ctrl *c, struct fw_cmd *cmd,
		  u16 (*next)(struct fw_ctrl *c, struct fw_cmd *cmd));
u16 fw_step_dma(struct fw_ctrl *c, struct fw_cmd *cmd, enum fw_op_kind kind,
		u16 (*next)(struct fw_ctrl *c, struct fw_cmd *cmd));
u16 fw_step_media(struct fw_ctrl *c, struct fw_cmd *cmd, enum fw_op_kind kind,
		  struct fw_seg at, u8 *buf,
		  u16 (*next)(struct fw_ctrl *c, struct fw_cmd *cmd));

/* piece.c */

/* Has a command executed by @step, which says FW_MORE after a piece. */
u16 fw_piece_begin(struct fw_ctrl *c, struct fw_cmd *cmd,
		   u16 (*step)(struct fw_ctrl *c, struct fw_cmd *cmd));

/* Whether one can be done; does it; does as many as the entry may still do. */
bool fw_piece_due(const struct fw_ctrl *c);
void fw_piece_next(struct fw_ctrl *c);
void fw_piece_go_on(struct fw_ctrl *c);

/* dma.c: finds and moves a command's data; returns a status */

/**
 * fw_dma_map - find a command's data in host memory
 * @c:   the controller
 * @cmd: the command; its PRP entries are checked whole
 * @p:   the places are put here
 * @len: bytes it moves, at most FW_TRANSFER_MAX
 *
 * Return: FW_SC_SUCCESS, FW_SC_INVALID_FIELD, FW_SC_INVALID_PRP_OFFSET, or
 * FW_SC_DATA_TRANSFER when a PRP list could not be read.
 */
u16 fw_dma_map(struct fw_ctrl *c, const struct fw_cmd *cmd,
	       struct fw_places *p, u32 len);

/* Does an operation on host memory, as fw_hal's @dma returns it. */
int fw_dma_do(struct fw_ctrl *c, struct fw_op *op);

/* Maps and copies in one, at once. */
u16 fw_dma_in(struct fw_ctrl *c, const struct fw_cmd *cmd, void *buf, u32 len);
u16 fw_dma_out(struct fw_ctrl *c, const struct fw_cmd *cmd, void *buf,
	       u32 len);

/* Handlers: return a status, FW_PENDING or FW_GO */
u16 fw_admin(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_identify(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_feature_set(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_feature_get(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_log_get(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_event_request(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_io(struct fw_ctrl *c, struct fw_cmd *cmd);

#endif /* FW_CMD_H */
