/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
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

/* Largest transfer of one command: 2^MDTS pages, 1 MiB. */
#define FW_MDTS			8
#define FW_TRANSFER_MAX		(4096u << FW_MDTS)
#define FW_PRP_SEGS_MAX		((1u << FW_MDTS) + 1)

/* Commands Abort may have outstanding (ACL) and Async Event Requests (AERL). */
#define FW_ABORTS_MAX		4
#define FW_AER_MAX		4

/* Error log entries kept; the oldest are forgotten. */
#define FW_ERRORS_MAX		64

/* Faults that a test may have in wait. */
#define FW_FAULTS_MAX		8

/* Timing: media channels, cores, and the most one stage takes in one turn. */
#define FW_CHANNELS_MAX		16
#define FW_CORES_MAX		16
#define FW_CHUNK		65536u	/* bytes */

/* λ: programs loaded or loading, and bytes of one. */
#define FW_PROGRAMS_MAX		64
#define FW_PROGRAM_BYTES_MIN	FW_PAGE
#define FW_PROGRAM_BYTES_MAX	(64u << 20)

/* λ: slots, bytes of one, and extents of a request. */
#define FW_SLOTS_MAX		64
#define FW_SLOT_BYTES_MIN	(64u << 10)
#define FW_SLOT_BYTES_MAX	(2u << 30)
#define FW_EXTENTS_MAX		4096u

#endif /* FW_LIMITS_H */
