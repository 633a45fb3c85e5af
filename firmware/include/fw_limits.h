/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every ceiling of the firmware that is not part of the λ wire format. */
#ifndef FW_LIMITS_H
#define FW_LIMITS_H

/* Namespaces of one drive; they follow each other in the image. */
#define FW_NAMESPACES_MAX	4

/* I/O queue pairs, the admin pair not counted, and one vector for each. */
#define FW_IO_QUEUES_MAX	16
#define FW_QUEUES_MAX		(FW_IO_QUEUES_MAX + 1)
#define FW_VECTORS_MAX		FW_QUEUES_MAX

/* Entries of an I/O queue; CAP.MQES is this less one. */
#define FW_QUEUE_ENTRIES_MAX	1024

/*
 * Commands fetched and not yet completed. When all are in use the rest wait
 * in their submission queues.
 */
#define FW_CMDS_MAX		512

/*
 * Those of them that are left to the admin queue: all Async Event Requests and
 * aborts it may have outstanding, and as many commands again.
 */
#define FW_CMDS_ADMIN		16

/*
 * What one entry does before it leaves the rest to the next one: bytes moved,
 * each command counting as a page at least. It is two of the largest transfers,
 * so that one is left for others after a piece of a long command, and takes half
 * a millisecond or so.
 */
#define FW_ENTRY_BYTES		(2u << 20)

/*
 * Ranges of Dataset Management, and bytes of one that are given back in a piece:
 * many times what is written in the same time.
 */
#define FW_DSM_RANGES_MAX	256
#define FW_TRIM_PIECE		(64u << 20)
#define FW_TRIM_SPEND		(FW_TRIM_PIECE >> 20)	/* bytes that cost as one */

/* λ: bytes that cost as much as an extent to be judged. */
#define FW_EXTENT_SPEND		256u

/* Largest transfer of one command: 2^MDTS pages, 1 MiB. */
#define FW_MDTS			8
#define FW_TRANSFER_MAX		(4096u << FW_MDTS)
#define FW_PRP_SEGS_MAX		((1u << FW_MDTS) + 1)

/*
 * Commands whose data is moved at a time, each with a buffer for the largest
 * transfer and a part of one to compare it with; and those of them that are left
 * to the admin queue.
 */
#define FW_TRANSFERS_MAX	9
#define FW_TRANSFERS_ADMIN	1
#define FW_COMPARE_PIECE	65536u
#define FW_TRANSFER_BYTES	(FW_TRANSFER_MAX + FW_COMPARE_PIECE)

/* Commands Abort may have outstanding (ACL) and Async Event Requests (AERL). */
#define FW_ABORTS_MAX		4
#define FW_AER_MAX		4

/* Error log entries kept; the oldest are forgotten. */
#define FW_ERRORS_MAX		64

/* Errors that a test may have on order. */
#define FW_INJECTS_MAX		8

/* Timing: bytes or instructions a second, and what all times may be slowed by. */
#define FW_RATE_MIN		1000000ull
#define FW_RATE_MAX		1000000000000ull
#define FW_DILATION_MAX		1000u

/* Timing: no latency is above ten seconds, no turn on a core below a µs. */
#define FW_LATENCY_MAX		10000000000ull
#define FW_SLICE_MIN		1000u

/* Timing: media channels, cores, and the most one stage takes in one turn. */
#define FW_CHANNELS_MAX		16
#define FW_CORES_MAX		16
#define FW_STRIPE_MAX		(1u << 30)	/* bytes */
#define FW_CHUNK		65536u	/* bytes */

/* λ: programs loaded or loading, and bytes of one. */
#define FW_PROGRAMS_MAX		64
#define FW_PROGRAM_BYTES_MIN	FW_PAGE
#define FW_PROGRAM_BYTES_MAX	(64u << 20)

/*
 * λ: how long a program that is not committed keeps its place without a piece of
 * it coming, when all places are taken.
 */
#define FW_LOADING_NS		10000000000ull

/* λ: users of one place for programs or requests until the drive restarts. */
#define FW_GENS_MAX		0xffffffu

/* λ: sessions open at a time, and ms that one may last without a command. */
#define FW_SESSIONS_MAX		16
#define FW_LEASE_MAX_MS		3600000u

/*
 * λ: slots, those of the fast path included, bytes of one, and extents and runs
 * of a request.
 */
#define FW_SLOTS_MAX		64
#define FW_WINDOWS_MAX		(FW_SLOTS_MAX + FW_CORES_MAX)
#define FW_SLOT_BYTES_MIN	(64u << 10)
#define FW_SLOT_BYTES_MAX	(2u << 30)
#define FW_EXTENTS_MAX		4096u
#define FW_RUNS_MAX		1024u

/*
 * λ: bytes of a gap in an input that are zeroed in a piece, and what it costs:
 * nobody may have touched that memory before, and half an entry is left for
 * others.
 */
#define FW_FILL_PIECE		(256u << 10)
#define FW_FILL_SPEND		(FW_ENTRY_BYTES / 2)

#endif /* FW_LIMITS_H */
