/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The λ command set: how a host talks to an NVMe drive that runs λ programs.
 *
 * The driver and the drive's firmware include this one file. All fields are
 * little-endian; reserved fields are 0 and are checked.
 *
 * A drive tells in Identify Controller that it speaks this, and by an Identify
 * page of its own what it can do; without the first a host does not ask for the
 * second, and the drive is an ordinary disk. A program is loaded in chunks and
 * committed. A request lives in a slot of the drive: the host writes what
 * is to be done, and the input if there is any, executes, and reads the answer
 * back. NVMe does not order commands: the host waits for each one before it
 * sends one that needs it. A small read needs one command only, the fast path.
 *
 * What sessions own
 *
 * Programs and slots belong to sessions. A host opens one with OPEN, under a
 * random key that it tells no other host and names in every command: a command
 * with another key cannot use, read or free what is the session's. It ends by
 *
 * - RELEASE;
 * - its lease: no command of it came for so long, and none is under way. That
 *   is noticed when the next λ command of any host comes;
 * - a reset of the controller (CC.EN going to 0, power, the PCI function) or of
 *   the drive, which ends all sessions, without a completion for any command.
 *
 * Then its programs and slots are free, and a command with its key ends with
 * NO_SESSION. No id of a program or slot names another one before the drive
 * starts anew, and then sessions are others.
 *
 * A host that does not know what became of its commands, as after a reset, or
 * over fabrics after a lost path, opens a new epoch first: OPEN again, with a
 * higher number. Programs and slots of the session are free then, what is being
 * executed is given up, and what comes later with the older number is refused;
 * either ends with STALE_EPOCH. Once OPEN has completed nothing of an older
 * epoch changes the media: what the host does next is not undone by it.
 *
 * Slots and places of programs are shared among the sessions there are: each is
 * granted as many as it wants, at most its even share, and at least one. As
 * sessions come and go this changes; every result tells it. A session that
 * needs one of its share when all are taken gets one at rest of the session
 * that holds the most, whose next command for it ends with NO_SLOT or
 * NO_PROGRAM.
 */
#ifndef _LINUX_NVME_LAMBDA_H
#define _LINUX_NVME_LAMBDA_H

#include <linux/build_bug.h>
#include <linux/types.h>

#define NVME_LAMBDA_VERSION	1

/*
 * Opcodes. Bits 0 and 1 tell the direction of the data as NVMe wants it: 00b
 * none, 01b host to drive, 10b drive to host. Fields not listed are 0.
 *
 * All of them
 *           cdw2   key of the session, low half; cdw3 high half; not 0
 *           cdw14  epoch of the session, but for EXEC_FAST, which changes
 *                  nothing and names a program that is of one
 *
 * Admin commands, without namespace:
 *
 * OPEN      Opens a session, or a new epoch of it; with the epoch that it has,
 *           renews the lease and leaves the rest as it is, as all commands do.
 *           cdw11  bits 0-15 slots wanted; bits 16-31 programs wanted; each
 *                  at least 1
 *           cdw12  lease in ms of the host's time, at least 1; a drive may
 *                  grant less
 *           cdw13  deadline of EXEC_FAST in µs of the drive's time; 0 for the
 *                  drive's own
 *           data   a struct nvme_lambda_grant
 * RELEASE   Ends a session. What is being executed for it is given up and ends
 *           with NO_SESSION.
 * LOAD      Sends a piece of a program. Pieces come in order. A program that is
 *           not committed within 10 s of its last piece is gone as soon as its
 *           place is needed for another one.
 *           cdw10  id; 0 with the first piece
 *           cdw11  bytes sent before
 *           cdw12  bytes of this piece, a multiple of 4, at most transfer_max
 *           cdw13  bytes of the whole program with the first piece, else 0
 *           data   the piece of a struct nvme_lambda_image
 *           result id
 * COMMIT    Checks a program that is there in whole; then it can be executed.
 *           cdw10  id
 *           result with PROGRAM_INVALID: index of the instruction refused, or
 *                  NVME_LAMBDA_HEADER when the image's header is wrong. The
 *                  program is gone then.
 * UNLOAD    Forgets a program, committed or not.
 *           cdw10  id
 *
 * I/O commands, with the namespace that the extents lie in:
 *
 * ALLOC     Takes a free slot, all its bytes zero.
 *           result slot
 * FREE      Gives a slot back.
 *           cdw10  slot
 * WRITE     Fills a part of a slot.
 *           cdw10  slot
 *           cdw11  enum nvme_lambda_area
 *           cdw12  offset into the area, a multiple of 4
 *           cdw13  bytes, a multiple of 4, at most transfer_max
 *           data   the bytes
 * READ      Reads the answer of the slot's last execution: the output, filled
 *           up with zeros to a multiple of 4096 bytes, then a struct
 *           nvme_lambda_result, and of a request in runs a __le32 for each, the
 *           bytes of its output. After EXEC_WRITE, and after an end other than
 *           OK: the result only. A write to the slot ends the answer, and so
 *           does the next execution, even one that is refused.
 *           cdw10  slot
 *           cdw12  offset into the answer, a multiple of 4
 *           cdw13  bytes, a multiple of 4, at most transfer_max
 *           data   the bytes
 * EXEC_READ Runs a λ over the bytes of the request's extents. Of a request in
 *           runs, it is run over each, one after the other and as if each was a
 *           request: with all of @out_cap, its own offset and default budget,
 *           fresh globals and heap. The output is theirs, in order. The first
 *           run that ends otherwise than OK ends the request so.
 *           cdw10  slot
 *           result see below
 * EXEC_WRITE Runs a λ over the slot's input area, which is empty afterwards,
 *           and writes its output to the request's extents, first to last,
 *           durable when the command completes: all of it, or nothing when it
 *           does not succeed with OK. Three exceptions: after a media error
 *           while writing (Write Fault, Capacity Exceeded) the bytes of the
 *           extents are undefined, as after any write; after a reset or a
 *           shutdown that come before the completion they are written or not;
 *           and when power is lost before it, each logical block of the
 *           extents is as it was or written. Blocks beside them, and bytes
 *           beside them in their first and last blocks, never change. Command
 *           Abort Requested says that nothing was written, and an abort that
 *           comes too late for that does not find the command, which then ends
 *           soon and as it would have.
 *           cdw10  slot
 *           result see below
 * EXEC_FAST Runs a λ over one extent, without arguments and slot.
 *           cdw10  program
 *           cdw11  byte address in the namespace, bits 0-31
 *           cdw12  file offset of the input, bits 0-31
 *           cdw13  bits 32-47 of the address; above them those of the offset.
 *                  What lies beyond NVME_LAMBDA_FAST_END needs a slot
 *           cdw14  bytes of input, at least 1
 *           cdw15  bytes the output may have; with 4096 rounding and the
 *                  result at most transfer_max
 *           data   cdw15 rounded up to 4096 bytes of output, zero where there
 *                  is none, then a struct nvme_lambda_result
 *           result see below
 *
 * Result of an execution, dwords 0 and 1 as a 64-bit number:
 *
 * bits 0-31   OK: bytes of output. ERROR, BAD_LENGTH: what the λ returned
 * bits 32-39  enum lambda_status
 * bit 40      FAULT: the access was a write
 *
 * A λ's own bad end is a command's success. An NVMe error says that the λ was
 * not run to an end, and that nothing was changed.
 */
enum nvme_lambda_opcode {
	NVME_LAMBDA_ADMIN_LOAD = 0xc1,
	NVME_LAMBDA_ADMIN_COMMIT = 0xc4,
	NVME_LAMBDA_ADMIN_UNLOAD = 0xc8,
	NVME_LAMBDA_ADMIN_OPEN = 0xc2,
	NVME_LAMBDA_ADMIN_RELEASE = 0xcc,

	NVME_LAMBDA_ALLOC = 0x80,
	NVME_LAMBDA_FREE = 0x84,
	NVME_LAMBDA_WRITE = 0x89,
	NVME_LAMBDA_READ = 0x8e,
	NVME_LAMBDA_EXEC_READ = 0x90,
	NVME_LAMBDA_EXEC_WRITE = 0x94,
	NVME_LAMBDA_EXEC_FAST = 0x9a,
};

#define NVME_LAMBDA_HEADER		0xffffffff

/* EXEC_FAST: address and offset are below. */
#define NVME_LAMBDA_FAST_END		0x1000000000000ULL
#define NVME_LAMBDA_FAST_HIGH(addr, offset) \
	((__u32)((addr) >> 32) | (__u32)((offset) >> 32) << 16)

/* OPEN: what is wanted. */
#define NVME_LAMBDA_WANT(slots, programs) \
	((__u32)(slots) | (__u32)(programs) << 16)

#define NVME_LAMBDA_RESULT_VALUE(r)	((__u32)(r))
#define NVME_LAMBDA_RESULT_STATUS(r)	((__u32)((r) >> 32) & 0xff)
#define NVME_LAMBDA_RESULT_WRITE(r)	((__u32)((r) >> 40) & 1)

/**
 * enum nvme_lambda_area - the parts of a slot that a host fills
 * @NVME_LAMBDA_AREA_REQUEST: struct nvme_lambda_request with all it points to,
 *                            request_max bytes
 * @NVME_LAMBDA_AREA_INPUT:   input of EXEC_WRITE, at most slot_bytes
 */
enum nvme_lambda_area {
	NVME_LAMBDA_AREA_REQUEST = 0,
	NVME_LAMBDA_AREA_INPUT = 1,
};

/*
 * Status codes, with the type "command specific". The first ones are those of
 * the Computational Programs command set, the others are vendor specific.
 *
 * RESOURCES         no free slot or place for a program, or no more than the
 *                   session was granted, or no place for one more session; may
 *                   be retried. A place that had 2^24 - 1 users stays empty
 *                   until the drive restarts, so that no id ever names another
 *                   one's
 * PROGRAM_INVALID   the check refused the program
 * NO_PROGRAM        no program of the session has this id, or no longer
 * NOT_COMMITTED     the program has not been committed
 * PROGRAM_IN_USE    it is being executed
 * PROGRAM_TOO_BIG   larger than program_max
 * DECLINED_MEMORY   the request needs more memory than a slot has
 * DECLINED_INSNS    it ran insns_max instructions without an end
 * DECLINED_TIME     it would take longer than its deadline or ns_max
 * NO_SLOT           no slot of the session has this id, or no longer
 * BUSY              the slot is executing; may be retried
 * BAD_EXTENT        an extent is empty, outside the namespace, overlaps
 *                   another, or is a hole to be written, or all extents do not
 *                   add up to the input; result: index, or the number of them
 * NO_ROOM           the output is longer than the extents, or the output of runs
 *                   than @out_cap; result: its length, of runs until then
 * NO_SESSION        no session has this key, or no longer
 * STALE_EPOCH       the session's epoch is another one; OPEN: a higher one
 *
 * Declining is never a result: the host runs the request itself.
 */
enum nvme_lambda_sc {
	NVME_LAMBDA_SC_RESOURCES = 0x18a,
	NVME_LAMBDA_SC_PROGRAM_INVALID = 0x18e,
	NVME_LAMBDA_SC_NO_PROGRAM = 0x196,
	NVME_LAMBDA_SC_NOT_COMMITTED = 0x198,
	NVME_LAMBDA_SC_PROGRAM_IN_USE = 0x199,
	NVME_LAMBDA_SC_PROGRAM_TOO_BIG = 0x19b,
	NVME_LAMBDA_SC_DECLINED_MEMORY = 0x1c0,
	NVME_LAMBDA_SC_DECLINED_INSNS = 0x1c1,
	NVME_LAMBDA_SC_DECLINED_TIME = 0x1c2,
	NVME_LAMBDA_SC_NO_SLOT = 0x1c8,
	NVME_LAMBDA_SC_BUSY = 0x1c9,
	NVME_LAMBDA_SC_BAD_EXTENT = 0x1ca,
	NVME_LAMBDA_SC_NO_ROOM = 0x1cb,
	NVME_LAMBDA_SC_NO_SESSION = 0x1cc,
	NVME_LAMBDA_SC_STALE_EPOCH = 0x1cd,
};

/*
 * Bytes 3072 to 3079 of Identify Controller (CNS 01h), the first that are its
 * vendor's: NVME_LAMBDA_MAGIC where the drive has the page NVME_LAMBDA_CNS. A
 * drive of another vendor is so never asked for a page that it does not know,
 * which it might log as an error, or worse. A drive that is handed on by
 * NVMe over Fabrics keeps these bytes.
 */
#define NVME_LAMBDA_CTRL_MAGIC	3072
#define NVME_LAMBDA_MAGIC	"NVMELMBD"	/* without a NUL */

/* Identify, CNS: the page that tells what the drive can do. */
#define NVME_LAMBDA_CNS		0xc1

/**
 * struct nvme_lambda_id - Identify page NVME_LAMBDA_CNS
 * @magic:          NVME_LAMBDA_MAGIC
 * @version:        NVME_LAMBDA_VERSION; others are not to be used
 * @cores:          cores that run λs
 * @slots:          slots
 * @programs:       programs held at a time
 * @program_max:    bytes of a program's image
 * @request_max:    bytes of the request area
 * @extents_max:    extents of a request
 * @transfer_max:   bytes of data of one command
 * @slot_bytes:     memory in which a request runs: each of input, output,
 *                  arguments, globals and heap in whole pages, a page for the
 *                  context and the frames of all functions
 * @args_max:       bytes of arguments
 * @in_max:         bytes of input
 * @out_max:        bytes of output
 * @heap_max:       bytes of heap
 * @data_max:       bytes of globals
 * @insns_max:      instructions of a request
 * @ns_max:         modelled time of a request in ns
 * @core_ips:       instructions per second of a core
 * @helper_bps:     bytes per second that a bulk helper handles
 * @media_read_bps: bytes per second that the media delivers
 * @media_write_bps: bytes per second that it takes
 * @link_bps:       bytes per second of the link, each way
 * @dilation:       factor by which the drive's clock runs slow; rates are
 *                  told without it
 * @contract:       enum sbpf_contract, the parts that it keeps: a program that
 *                  needs others would end otherwise than on the host, and is
 *                  not to be sent; bits that are not known mean nothing
 * @sessions:       sessions open at a time
 * @runs_max:       runs of a request; 0: it knows of none
 * @reserved:       0; the host looks past it, as a later drive may tell more
 */
struct nvme_lambda_id {
	char magic[8];
	__le32 version;
	__le32 cores;
	__le32 slots;
	__le32 programs;
	__le32 program_max;
	__le32 request_max;
	__le32 extents_max;
	__le32 transfer_max;
	__le64 slot_bytes;
	__le64 args_max;
	__le64 in_max;
	__le64 out_max;
	__le64 heap_max;
	__le64 data_max;
	__le64 insns_max;
	__le64 ns_max;
	__le64 core_ips;
	__le64 helper_bps;
	__le64 media_read_bps;
	__le64 media_write_bps;
	__le64 link_bps;
	__le32 dilation;
	__le32 contract;
	__le32 sessions;
	__le32 runs_max;
	__u8 reserved[3936];
};

/**
 * struct nvme_lambda_grant - what OPEN tells of a session
 * @boot:     differs from one start of the drive to the next
 * @session:  number of the session since then: another one than before says
 *            that it was opened just now, and holds nothing
 * @epoch:    its epoch
 * @slots:    slots that it may have, for now
 * @programs: programs, likewise
 * @lease_ms: its lease in ms of the host's time
 * @reserved: 0
 */
struct nvme_lambda_grant {
	__le64 boot;
	__le32 session;
	__le32 epoch;
	__le32 slots;
	__le32 programs;
	__le32 lease_ms;
	__u8 reserved[36];
};

#define NVME_LAMBDA_IMAGE_BUDGET	0x1	/* @budget is to be used */

/**
 * struct nvme_lambda_image - head of a program as it is loaded
 * @flags:      NVME_LAMBDA_IMAGE_*
 * @insns:      instructions that follow, 8 bytes each
 * @rodata_len: bytes of .rodata that follow them
 * @data_len:   bytes of .data that follow those
 * @bss_len:    zero bytes behind .data in the window
 * @heap_len:   bytes of heap
 * @frame_len:  bytes of a stack frame, a multiple of SBPF_PAGE_SIZE up to
 *              SBPF_FRAME_MAX; 0 for SBPF_FRAME_DEFAULT
 * @reserved:   0
 * @budget:     backward jumps of a request; 0 without its flag, then each
 *              request has the default of its input length
 * @reserved2:  0
 *
 * The whole is filled up with zeros to a multiple of 4 bytes.
 */
struct nvme_lambda_image {
	__le32 flags;
	__le32 insns;
	__le32 rodata_len;
	__le32 data_len;
	__le32 bss_len;
	__le32 heap_len;
	__le32 frame_len;
	__le32 reserved;
	__le64 budget;
	__u8 reserved2[24];
};

/**
 * struct nvme_lambda_request - head of the request area
 * @program:     id
 * @flags:       0
 * @deadline_us: time of the drive it may take; 0 for the drive's own maximum
 * @nr_extents:  struct nvme_lambda_extent that follow this structure directly
 * @in_len:      bytes of input, at least 1; EXEC_READ: what the extents add up
 *               to
 * @out_cap:     bytes the output may have
 * @args_off:    where in the request area the arguments are
 * @args_len:    bytes of arguments
 * @offset:      file offset of the input; 0 with EXEC_WRITE, and with runs
 * @nr_runs:     struct nvme_lambda_run that follow the extents directly; 0 with
 *               EXEC_WRITE, and for a λ that is run over all extents as one
 * @reserved:    0
 */
struct nvme_lambda_request {
	__le32 program;
	__le32 flags;
	__le32 deadline_us;
	__le32 nr_extents;
	__le32 in_len;
	__le32 out_cap;
	__le32 args_off;
	__le32 args_len;
	__le64 offset;
	__le32 nr_runs;
	__u8 reserved[20];
};

/* Address of an extent that reads as zeros. */
#define NVME_LAMBDA_HOLE	0xffffffffffffffffULL

/**
 * struct nvme_lambda_extent - a range of bytes of a namespace
 * @addr: first byte, or NVME_LAMBDA_HOLE
 * @len:  bytes, at least 1
 */
struct nvme_lambda_extent {
	__le64 addr;
	__le64 len;
};

/**
 * struct nvme_lambda_run - extents that a λ is run over
 * @offset:     file offset of its input
 * @nr_extents: extents, at least 1; those of all runs are the request's
 */
struct nvme_lambda_run {
	__le64 offset;
	__le64 nr_extents;
};

/**
 * struct nvme_lambda_result - what became of a request
 * @status:       enum lambda_status
 * @fault_write:  FAULT: 1 for a write, 0 for a read
 * @reserved:     0
 * @retval:       OK, ERROR, BAD_LENGTH: what the λ returned, signed
 * @fault_addr:   FAULT: lowest forbidden byte, signed
 * @in_len:       bytes of input
 * @out_len:      bytes of output
 * @insns:        instructions executed
 * @budget_used:  of the budget; all of it (OVER_BUDGET)
 * @helper_bytes: bytes that helpers were charged for
 * @ns_media:     time its media access takes, alone on the drive
 * @ns_link:      time its data takes on the link, likewise; the request and
 *                input areas of a slot are not in it
 * @ns_compute:   time it takes on a core, likewise
 * @bytes_media:  bytes read from or written to the media
 * @bytes_link:   bytes in @ns_link
 * @boot:         as in &nvme_lambda_grant, when it was executed; likewise the
 *                following: a host sees by them that they have changed
 * @session:      number of the session
 * @epoch:        its epoch
 * @slots:        slots that it may have
 * @programs:     programs
 * @reserved2:    0
 */
struct nvme_lambda_result {
	__u8 status;
	__u8 fault_write;
	__u8 reserved[2];
	__le32 retval;
	__le64 fault_addr;
	__le64 in_len;
	__le64 out_len;
	__le64 insns;
	__le64 budget_used;
	__le64 helper_bytes;
	__le64 ns_media;
	__le64 ns_link;
	__le64 ns_compute;
	__le64 bytes_media;
	__le64 bytes_link;
	__le64 boot;
	__le32 session;
	__le32 epoch;
	__le32 slots;
	__le32 programs;
	__u8 reserved2[8];
};

/* Get Log Page: statistics since the drive was started. */
#define NVME_LAMBDA_LOG		0xc1

/**
 * struct nvme_lambda_stats - log page NVME_LAMBDA_LOG
 * @runs:         executions by enum lambda_status, the first six
 * @declined:     for want of memory, instructions, time
 * @refused:      executions refused for any other reason
 * @insns:        instructions executed
 * @helper_bytes: bytes that helpers handled
 * @in_bytes:     input of all executions
 * @out_bytes:    output of all executions
 * @programs:     programs loaded now
 * @slots:        slots in use now
 * @busy_media:   ns of modelled time that the media channels were busy, summed
 * @busy_in:      ns of the link, host to drive
 * @busy_out:     ns of the link, drive to host
 * @busy_cores:   ns of the cores, summed
 * @sessions:     sessions open now
 * @reserved:     0
 */
struct nvme_lambda_stats {
	__le64 runs[6];
	__le64 declined[3];
	__le64 refused;
	__le64 insns;
	__le64 helper_bytes;
	__le64 in_bytes;
	__le64 out_bytes;
	__le32 programs;
	__le32 slots;
	__le64 busy_media;
	__le64 busy_in;
	__le64 busy_out;
	__le64 busy_cores;
	__le32 sessions;
	__u8 reserved[356];
};

/*
 * Faults: a Set Features identifier that only a drive made for tests knows.
 * It has a command go wrong that is still to come; a controller reset leaves
 * that as it is, all zero takes it back.
 *
 * cdw11  bits 0-7    opcode of the commands that are meant; Identify of the
 *                    page NVME_LAMBDA_CNS is a λ command too
 *        bits 8-11   enum nvme_lambda_fault
 *        bit 12      AFTER: the command is executed before it goes wrong; not
 *                    with GARBLE and METADATA
 *        bit 13      ADMIN: admin commands are meant
 *        bits 16-31  how many of them pass first
 * cdw12  bits 0-15   FAIL: the status; DELAY: ms; else 0
 *        bits 16-31  how many go wrong after the first one
 *
 * Get Features tells as result how many are still to go wrong. Status
 * RESOURCES: more faults than the drive can keep.
 */
#define NVME_LAMBDA_FEAT_FAULT		0xc1

#define NVME_LAMBDA_FAULT_ANY		0xff	/* opcode: every λ command */
#define NVME_LAMBDA_FAULT_KIND(k)	((__u32)(k) << 8)
#define NVME_LAMBDA_FAULT_AFTER		0x1000
#define NVME_LAMBDA_FAULT_ADMIN		0x2000
#define NVME_LAMBDA_FAULT_SKIP(n)	((__u32)(n) << 16)
#define NVME_LAMBDA_FAULT_MORE(n)	((__u32)(n) << 16)

/**
 * enum nvme_lambda_fault - what becomes of a command
 * @NVME_LAMBDA_FAULT_FAIL:  it ends with the status
 * @NVME_LAMBDA_FAULT_DELAY: executed, it ends so much later, whatever time it
 *                           would have taken; needs AFTER
 * @NVME_LAMBDA_FAULT_LOSE:  it never ends, and an abort does not find it
 * @NVME_LAMBDA_FAULT_FATAL: likewise, and CSTS.CFS is set
 * @NVME_LAMBDA_FAULT_GONE:  likewise, and the drive is as if pulled out:
 *                           registers read as ones until it is reset from
 *                           outside (power, PCI function)
 * @NVME_LAMBDA_FAULT_GARBLE: an Identify page has all its bits inverted
 * @NVME_LAMBDA_FAULT_METADATA: Identify Namespace tells of 8 bytes of metadata
 *                           behind each block, protection information of
 *                           type 1; what is stored stays as it is, so that
 *                           a host may have the drive insert and strip them
 */
enum nvme_lambda_fault {
	NVME_LAMBDA_FAULT_FAIL = 1,
	NVME_LAMBDA_FAULT_DELAY = 2,
	NVME_LAMBDA_FAULT_LOSE = 3,
	NVME_LAMBDA_FAULT_FATAL = 4,
	NVME_LAMBDA_FAULT_GONE = 5,
	NVME_LAMBDA_FAULT_GARBLE = 6,
	NVME_LAMBDA_FAULT_METADATA = 7,
};

static_assert(sizeof(struct nvme_lambda_id) == 4096);
static_assert(sizeof(struct nvme_lambda_grant) == 64);
static_assert(sizeof(struct nvme_lambda_image) == 64);
static_assert(sizeof(struct nvme_lambda_request) == 64);
static_assert(sizeof(struct nvme_lambda_extent) == 16);
static_assert(sizeof(struct nvme_lambda_result) == 128);
static_assert(sizeof(struct nvme_lambda_stats) == 512);

#endif /* _LINUX_NVME_LAMBDA_H */
