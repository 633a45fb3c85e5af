/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state of a controller. */
#ifndef FW_CORE_CTRL_H
#define FW_CORE_CTRL_H

#include "cmd.h"

/**
 * struct fw_cq - completion queue
 * @live:    exists
 * @phase:   phase tag of the next entry
 * @irq:     interrupts are on
 * @vector:  which
 * @base:    host address
 * @entries: size
 * @head:    next entry the host will take
 * @tail:    next entry the controller will write
 * @users:   submission queues that complete here
 * @owed:    commands that are to complete here and have not yet; Async Event
 *           Requests, which may wait for ever, only from their event on
 * @first:   commands waiting for room, in order
 * @last:    last of them
 */
struct fw_cq {
	bool live;
	bool phase;
	bool irq;
	u16 vector;
	u64 base;
	u32 entries;
	u32 head;
	u32 tail;
	u32 users;
	u32 owed;
	struct fw_cmd *first;
	struct fw_cmd *last;
};

/**
 * struct fw_sq - submission queue
 * @live:    exists
 * @cq_id:   where its commands complete
 * @base:    host address
 * @entries: size
 * @head:    next entry to fetch
 * @tail:    entry after the last that the host has written
 */
struct fw_sq {
	bool live;
	u16 cq_id;
	u64 base;
	u32 entries;
	u32 head;
	u32 tail;
};

/**
 * struct fw_cmdset - a vendor's commands on top of NVMe's
 * @magic:     first bytes of the vendor's in Identify Controller
 * @admin:     runs an admin command from FW_ADMIN_VENDOR up
 * @io:        runs an I/O command from FW_IO_VENDOR up
 * @identify:  fills a page for a CNS from FW_CNS_VENDOR up; false if unknown
 * @log:       fills a log from FW_LOG_VENDOR up; 0 bytes if unknown
 * @effects:   adds its commands to that log
 * @reset:     the controller is reset, which ends all that hosts hold
 */
struct fw_cmdset {
	char magic[8];
	u16 (*admin)(struct fw_ctrl *c, struct fw_cmd *cmd);
	u16 (*io)(struct fw_ctrl *c, struct fw_cmd *cmd);
	bool (*identify)(struct fw_ctrl *c, u8 cns, void *page);
	u32 (*log)(struct fw_ctrl *c, u8 id, void *page);
	void (*effects)(struct fw_log_effects *log);
	void (*reset)(struct fw_ctrl *c);
};

/* The drive has no thermometer; it is always this warm. */
#define FW_KELVIN		310

/* Eight characters, padded. */
#define FW_REVISION		"1.0     "

/* Values of the features that are plain numbers, by their place in a table. */
#define FW_FEATURES_MAX		16

/* What ends all commands; a reset comes after a drive that goes. */
enum fw_stop {
	FW_STOP_NONE,
	FW_STOP_GONE,
	FW_STOP_RESET,
};

/**
 * struct fw_ctrl - one controller
 * @hal:        its world
 * @serial:     padded with spaces
 * @vendor:     PCI vendor id
 * @subvendor:  PCI subsystem vendor id
 * @io_queues:  I/O queue pairs offered
 * @cc:         register CC
 * @csts:       register CSTS
 * @aqa:        register AQA
 * @asq:        register ASQ
 * @acq:        register ACQ
 * @intm:       interrupt mask, kept for INTMS and INTMC; vectors of MSI-X,
 *              the only ones offered, are not subject to it
 * @entered:    an entry of fw_ctrl.h is running
 * @spent:      bytes it has moved, or the like
 * @late:       work whose end came while one was, the oldest first
 * @stop:       so did what ends all commands, enum fw_stop; until that is done
 *              nothing is fetched, begun or posted
 * @sqs:        submission queues by id; 0 is the admin queue
 * @cqs:        completion queues by id
 * @next_sq:    whose turn it is to be fetched from
 * @cmds:       all commands there can be
 * @free:       those not in use
 * @nr_free:    how many
 * @transfers:  what commands move data with
 * @idle:       those not in use
 * @nr_idle:    how many
 * @line:       commands that wait for one
 * @places:     of data that are moved at once
 * @buf:        FW_TRANSFER_MAX bytes for such data
 * @page:       for structures being built
 * @media:      the bytes
 * @timing:     the clock
 * @features:   current values
 * @vectors:    feature 09h, a value for each vector
 * @pieces:     commands executed in pieces, in order
 * @flush:      of the shutdown; under way, it may be that of an earlier one
 * @aer:        Async Event Requests waiting
 * @nr_aer:     how many
 * @event:      event pending of each type, complete but for the type; 0 if none
 * @event_set:  such an event is pending
 * @event_mask: types not to be reported until their log is read
 * @warned:     critical warnings that hold and were reported, if wanted
 * @errors:     ring of error log entries
 * @nr_errors:  entries ever made
 * @reads:      read commands completed
 * @writes:     write commands completed
 * @inject_on:  the host may order errors
 * @injects:    on order, in no order
 * @gone:       as if pulled out
 * @cmdset:     a vendor's commands, or NULL
 * @cmdset_state: theirs
 */
struct fw_ctrl {
	struct fw_hal hal;
	char serial[FW_SERIAL_MAX];
	u16 vendor;
	u16 subvendor;
	u32 io_queues;
	u32 cc;
	u32 csts;
	u32 aqa;
	u64 asq;
	u64 acq;
	u32 intm;
	bool entered;
	u64 spent;
	struct fw_work *late;
	u8 stop;
	struct fw_sq sqs[FW_QUEUES_MAX];
	struct fw_cq cqs[FW_QUEUES_MAX];
	u32 next_sq;
	struct fw_cmd cmds[FW_CMDS_MAX];
	struct fw_cmd *free;
	u32 nr_free;
	struct fw_transfer transfers[FW_TRANSFERS_MAX];
	struct fw_transfer *idle;
	u32 nr_idle;
	struct fw_cmd *line;
	struct fw_places places;
	u8 *buf;
	u8 page[4096];
	struct fw_media media;
	struct fw_timing timing;
	u32 features[FW_FEATURES_MAX];
	u32 vectors[FW_VECTORS_MAX];
	struct fw_cmd *pieces;
	struct fw_op flush;
	struct fw_cmd *aer[FW_AER_MAX];
	u32 nr_aer;
	u32 event[FW_EVENT_TYPES];
	bool event_set[FW_EVENT_TYPES];
	bool event_mask[FW_EVENT_TYPES];
	u8 warned;
	struct fw_log_error errors[FW_ERRORS_MAX];
	u64 nr_errors;
	u64 reads;
	u64 writes;
	bool inject_on;
	struct fw_inject injects[FW_INJECTS_MAX];
	bool gone;
	const struct fw_cmdset *cmdset;
	void *cmdset_state;
};

/* The controller cannot go on; the host sees CSTS.CFS and resets it. */
static inline void fw_ctrl_fatal(struct fw_ctrl *c)
{
	c->csts |= FW_CSTS_CFS;
}

/*
 * The controller is as if pulled out, until a reset from outside. What it was
 * about to do is given up before the entry is over.
 */
static inline void fw_ctrl_gone(struct fw_ctrl *c)
{
	c->gone = true;
	if (!c->stop)
		c->stop = FW_STOP_GONE;
}

/* pool.c */

/* Gives whole pages; keeps counting when there are no more, and gives NULL. */
void *fw_pool_take(struct fw_pool *pool, u64 bytes);

/* queue.c */

/* Sets up the admin queues from AQA, ASQ and ACQ; false if they are no good. */
bool fw_queue_start(struct fw_ctrl *c);

/* Forgets all queues, which no command is of any more. */
void fw_queue_stop(struct fw_ctrl *c);

/* The places that are free in a completion queue. */
u32 fw_queue_room(const struct fw_cq *cq);

/* Posts a completion, now or when there is room; those that wait for it. */
void fw_queue_post(struct fw_ctrl *c, struct fw_cmd *cmd);
void fw_queue_drain(struct fw_ctrl *c, struct fw_cq *cq);

/* Whether the entries of a queue of this size can be where the host says. */
bool fw_queue_base_ok(u64 base);

/* dispatch.c */

/* The host has rung a doorbell. */
void fw_dispatch_doorbell(struct fw_ctrl *c, u32 index, u32 value);

/* Fetches and runs what there is and can be run, as much as an entry may. */
void fw_dispatch(struct fw_ctrl *c);

/* Whether there is something left to fetch. */
bool fw_dispatch_left(const struct fw_ctrl *c);

/* register.c */
u32 fw_register_read(const struct fw_ctrl *c, u32 addr);
void fw_register_write(struct fw_ctrl *c, u32 addr, u32 value);

/* Ends all commands, and forgets what a reset by CC.EN makes forget; by power. */
void fw_register_disable(struct fw_ctrl *c);
void fw_register_power_on(struct fw_ctrl *c);

/* Whether a shutdown waits for nothing but its flush; begins that. */
bool fw_register_shutdown_due(const struct fw_ctrl *c);
void fw_register_shutdown_flush(struct fw_ctrl *c);

/* event.c */

/* Whether the command is a request that waits for an event, or did. */
bool fw_event_asks(const struct fw_cmd *cmd);

/* Notes an event; reports those that there are requests for. */
void fw_event_raise(struct fw_ctrl *c, enum fw_event_type type, u8 info,
		    u8 log);
void fw_event_deliver(struct fw_ctrl *c);
void fw_event_log_read(struct fw_ctrl *c, u8 log);

/* FW_SMART_WARN_*: what is so now. */
u8 fw_event_warnings(const struct fw_ctrl *c);

/* Reports a critical warning that is new, or newly wanted. */
void fw_event_warn(struct fw_ctrl *c);
void fw_event_reset(struct fw_ctrl *c);

/* feature.c */
void fw_feature_reset(struct fw_ctrl *c);
u32 fw_feature(const struct fw_ctrl *c, enum fw_feature_id id);
bool fw_feature_too_hot(const struct fw_ctrl *c);

#endif /* FW_CORE_CTRL_H */
