/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * One command from its fetch to its completion.
 *
 * A handler executes a command at once and returns its status, or keeps it
 * with FW_KEPT and calls fw_cmd_complete() later. On the way it says in
 * cmd->job what it used; the completion is posted when that time has passed.
 */
#ifndef FW_CMD_H
#define FW_CMD_H

#include "fw_ctrl.h"
#include "fw_nvme.h"
#include "media/media.h"
#include "timing/timing.h"

struct fw_ctrl;

/* Not a status: the handler completes the command itself, later. */
#define FW_KEPT		0xffff

enum fw_cmd_state {
	FW_CMD_FREE,
	FW_CMD_HELD,		/* executing, or kept by a handler */
	FW_CMD_TIMED,		/* its time passes */
	FW_CMD_DONE,		/* waits for room in its completion queue */
};

/**
 * struct fw_fault - a fault on order; see linux/nvme-lambda.h
 * @kind:   enum nvme_lambda_fault; 0 for none
 * @opcode: of the commands meant
 * @after:  they are executed first
 * @admin:  admin commands are meant
 * @value:  status, or ms
 * @skip:   commands meant that still pass
 * @hits:   commands it still strikes
 */
struct fw_fault {
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
 * @status: of its completion
 * @result: dwords 0 and 1 of its completion
 * @fault:  what is to go wrong with it
 * @keeper: for the handler that keeps it
 * @next:   in the free list, or in the line for its completion queue
 */
struct fw_cmd {
	struct fw_job job;
	u8 state;
	u16 sq_id;
	u16 cq_id;
	struct fw_sqe sqe;
	u16 status;
	u64 result;
	struct fw_fault fault;
	void *keeper;
	struct fw_cmd *next;
};

/* cmd.c */

/* Puts all commands on the free list. */
void fw_cmd_init(struct fw_ctrl *c);
void fw_cmd_run(struct fw_ctrl *c, struct fw_cmd *cmd);

/* Ends a command: its job begins, or with nothing to wait for it is posted. */
void fw_cmd_complete(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status);

/*
 * Ends a command before its time. Effects it has had stay; no DMA and no
 * second completion follow. Only for commands that are HELD or TIMED.
 */
void fw_cmd_abort(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status);

/* Forgets a command without a completion, whatever its state. */
void fw_cmd_drop(struct fw_ctrl *c, struct fw_cmd *cmd);
void fw_cmd_free(struct fw_ctrl *c, struct fw_cmd *cmd);

/* fault.c */
u16 fw_fault_set(struct fw_ctrl *c, const struct fw_sqe *sqe);
u32 fw_fault_left(const struct fw_ctrl *c);

/* Notes in a command that was fetched which fault is its. */
void fw_fault_choose(struct fw_ctrl *c, struct fw_cmd *cmd);

/*
 * Has its fault strike a command that would end, or go on, with @status.
 * Returns the status it has now, or FW_KEPT: the command is no more. To strike
 * a second time changes nothing.
 */
u16 fw_fault_strike(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status);

/* dma.c: moves a command's data; returns a status */

/**
 * fw_dma_map - find a command's data in host memory
 * @c:   the controller, which remembers the places
 * @cmd: the command; its PRP entries are checked whole
 * @len: bytes it moves, at most FW_TRANSFER_MAX
 *
 * Return: FW_SC_SUCCESS, FW_SC_INVALID_FIELD, FW_SC_INVALID_PRP_OFFSET, or
 * FW_SC_DATA_TRANSFER when a PRP list could not be read.
 */
u16 fw_dma_map(struct fw_ctrl *c, const struct fw_cmd *cmd, u32 len);

/* Copies the mapped bytes from or to @buf; FW_SC_DATA_TRANSFER on failure. */
u16 fw_dma_from_host(struct fw_ctrl *c, void *buf);
u16 fw_dma_to_host(struct fw_ctrl *c, const void *buf);

/* Maps and copies in one. */
u16 fw_dma_in(struct fw_ctrl *c, const struct fw_cmd *cmd, void *buf, u32 len);
u16 fw_dma_out(struct fw_ctrl *c, const struct fw_cmd *cmd, const void *buf,
	       u32 len);

/* Handlers: return a status or FW_KEPT */
u16 fw_admin(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_create_cq(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_create_sq(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_delete_cq(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_delete_sq(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_identify(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_set_features(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_get_features(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_get_log(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_async_event(struct fw_ctrl *c, struct fw_cmd *cmd);
u16 fw_io(struct fw_ctrl *c, struct fw_cmd *cmd);

#endif /* FW_CMD_H */
