/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM lambda

#if !defined(_TRACE_LAMBDA_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_LAMBDA_H

#include <linux/kdev_t.h>
#include <linux/lambda.h>
#include <linux/lambda_sched.h>
#include <linux/tracepoint.h>

/* What numbers are called wherever a person reads them. */
#define LAMBDA_REASONS(X, LAST)						\
	X(LAMBDA_REASON_NONE, "none")					\
	X(LAMBDA_REASON_FORCED, "forced")				\
	X(LAMBDA_REASON_NO_DISK, "no_disk")				\
	X(LAMBDA_REASON_MODEL, "model")					\
	X(LAMBDA_REASON_PROFILE, "profile")				\
	X(LAMBDA_REASON_POLICY, "policy")				\
	X(LAMBDA_REASON_DIVIDED, "divided")				\
	X(LAMBDA_REASON_INLINE, "inline")				\
	X(LAMBDA_REASON_UNWRITTEN, "unwritten")				\
	X(LAMBDA_REASON_ENCRYPTED, "encrypted")				\
	X(LAMBDA_REASON_VERITY, "verity")				\
	X(LAMBDA_REASON_COMPRESSED, "compressed")			\
	X(LAMBDA_REASON_SHARED, "shared")				\
	X(LAMBDA_REASON_JOURNALLED, "journalled")			\
	X(LAMBDA_REASON_OTHER_DISK, "other_disk")			\
	X(LAMBDA_REASON_DAX, "dax")					\
	X(LAMBDA_REASON_SWAPFILE, "swapfile")				\
	X(LAMBDA_REASON_EOF, "eof")					\
	X(LAMBDA_REASON_APPEND, "append")				\
	X(LAMBDA_REASON_BUSY_PAGES, "busy_pages")			\
	X(LAMBDA_REASON_EXTENTS, "extents")				\
	X(LAMBDA_REASON_STALE, "stale")					\
	X(LAMBDA_REASON_TOO_LARGE, "too_large")				\
	X(LAMBDA_REASON_REFUSED, "refused")				\
	X(LAMBDA_REASON_MEMORY, "memory")				\
	X(LAMBDA_REASON_INSNS, "insns")					\
	X(LAMBDA_REASON_TIME, "time")					\
	X(LAMBDA_REASON_NO_ROOM, "no_room")				\
	X(LAMBDA_REASON_BUSY, "busy")					\
	X(LAMBDA_REASON_ERROR, "error")					\
	X(LAMBDA_REASON_ABORTED, "aborted")				\
	X(LAMBDA_REASON_GONE, "gone")					\
	X(LAMBDA_REASON_CONTRACT, "contract")				\
	LAST(LAMBDA_REASON_CGROUP, "cgroup")

#define LAMBDA_STATUSES(X, LAST)					\
	X(LAMBDA_STATUS_OK, "ok")					\
	X(LAMBDA_STATUS_ERROR, "error")					\
	X(LAMBDA_STATUS_BAD_LENGTH, "bad_length")			\
	X(LAMBDA_STATUS_FAULT, "fault")					\
	X(LAMBDA_STATUS_OVER_BUDGET, "over_budget")			\
	X(LAMBDA_STATUS_KILLED, "killed")				\
	LAST(LAMBDA_STATUS_NOT_RUN, "not_run")

#define LAMBDA_SIDES(X, LAST)						\
	X(LAMBDA_SIDE_NONE, "none")					\
	X(LAMBDA_SIDE_HOST, "host")					\
	X(LAMBDA_SIDE_DEVICE, "device")					\
	LAST(LAMBDA_SIDE_BOTH, "both")

/* Tools that read the event's format know no enums of the kernel's. */
#define LAMBDA_EXPORT(value, name)	TRACE_DEFINE_ENUM(value);
LAMBDA_REASONS(LAMBDA_EXPORT, LAMBDA_EXPORT)
LAMBDA_STATUSES(LAMBDA_EXPORT, LAMBDA_EXPORT)
LAMBDA_SIDES(LAMBDA_EXPORT, LAMBDA_EXPORT)

#define LAMBDA_NAME(value, name)	{ value, name },
#define LAMBDA_LAST_NAME(value, name)	{ value, name }

#define lambda_show_side(side)						\
	__print_symbolic(side, LAMBDA_SIDES(LAMBDA_NAME, LAMBDA_LAST_NAME))
#define lambda_show_reason(reason)					\
	__print_symbolic(reason,					\
			 LAMBDA_REASONS(LAMBDA_NAME, LAMBDA_LAST_NAME))
#define lambda_show_status(status)					\
	__print_symbolic(status,					\
			 LAMBDA_STATUSES(LAMBDA_NAME, LAMBDA_LAST_NAME))

/**
 * lambda_request - a λ was run over a file, or was to be
 * @q: the request
 * @c: the choice of a side
 * @s: what came of it
 * @ns: how long it took
 *
 * `expected` is what the model had foretold for the side that was chosen; 0
 * where no disk runs λs. `host` and `device` are what it had foretold for
 * either; 0 where it was not asked, for the other side was forced or is the
 * disk's policy. `split` is how many of the bytes were meant for the
 * host where both sides were.
 */
TRACE_EVENT(lambda_request,

	TP_PROTO(const struct blk_lambda_query *q,
		 const struct blk_lambda_choice *c,
		 const struct blk_lambda_sample *s, u64 ns),

	TP_ARGS(q, c, s, ns),

	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(u64, ino)
		__field(u64, image)
		__field(bool, write)
		__field(u64, bytes)
		__field(u64, cached)
		__field(u64, dirty)
		__field(u64, out)
		__field(u32, chosen)
		__field(u32, side)
		__field(u32, reason)
		__field(u32, status)
		__field(u32, outstanding)
		__field(u64, host)
		__field(u64, device)
		__field(u64, expected)
		__field(u64, ns)
		__field(u64, split)
	),

	TP_fast_assign(
		__entry->dev = q->dev;
		__entry->ino = q->ino;
		__entry->image = q->image_id;
		__entry->write = q->write;
		__entry->bytes = q->bytes;
		__entry->cached = q->cached;
		__entry->dirty = q->dirty;
		__entry->out = s->result->out_len;
		__entry->chosen = c->side;
		__entry->side = s->result->side;
		__entry->reason = s->result->reason ?: c->reason;
		__entry->status = s->result->status;
		__entry->outstanding = c->outstanding;
		__entry->host = c->ns_host;
		__entry->device = c->ns_device;
		__entry->expected = blk_lambda_expected(c);
		__entry->ns = ns;
		__entry->split = c->split;
	),

	TP_printk("%d:%d ino %llu image %llu %s bytes %llu cached %llu dirty %llu out %llu chosen %s side %s reason %s status %s outstanding %u host %llu device %llu expected %llu ns %llu split %llu",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,
		  __entry->image, __entry->write ? "write" : "read",
		  __entry->bytes, __entry->cached, __entry->dirty,
		  __entry->out, lambda_show_side(__entry->chosen),
		  lambda_show_side(__entry->side),
		  lambda_show_reason(__entry->reason),
		  lambda_show_status(__entry->status), __entry->outstanding,
		  __entry->host, __entry->device, __entry->expected,
		  __entry->ns, __entry->split)
);

#endif /* _TRACE_LAMBDA_H */

#include <trace/define_trace.h>
