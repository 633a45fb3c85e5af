/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * λ-IO: functions that run as part of a file read or write.
 *
 * int     lambda_load(const struct lambda_load_attr *attr, size_t size,
 *                     unsigned int flags);
 * ssize_t lambda_pread(int fd, void *buf, size_t count, off_t offset,
 *                      int lambda, struct lambda_io *io);
 * ssize_t lambda_pwrite(int fd, const void *buf, size_t count, off_t offset,
 *                       int lambda, struct lambda_io *io);
 *
 * See lambda(7) and Documentation/userspace-api/lambda.rst.
 */
#ifndef _UAPI_LINUX_LAMBDA_H
#define _UAPI_LINUX_LAMBDA_H

#include <linux/sbpf.h>
#include <linux/types.h>

/* Version of this interface, as lambda_load() with LAMBDA_LOAD_ABI tells it. */
#define LAMBDA_ABI		2

/*
 * Flag of lambda_load() itself: return LAMBDA_ABI instead of a handle; attr
 * must be NULL and size 0.
 */
#define LAMBDA_LOAD_ABI		(1U << 0)

/*
 * Opcodes of io_uring for lambda_pread() and lambda_pwrite(), behind a gap that
 * leaves room for others. @fd, @off, @addr and @len of the SQE are the file, the
 * offset, buf and count; @splice_fd_in is the λ handle, which with
 * SPLICE_F_FD_IN_FIXED in @splice_flags is a registered one; @addr3 is the struct
 * lambda_io, or 0. All else but user_data, flags and personality has to be 0.
 */
#define LAMBDA_RING_PREAD	128
#define LAMBDA_RING_PWRITE	129

/* Flags in lambda_load_attr. */
#define LAMBDA_ATTR_BUDGET	(1U << 0)	/* use @budget, 0 included */
#define LAMBDA_ATTR_MERGE	(1U << 1)	/* use @merge_fd or @merge_insns */
#define LAMBDA_ATTR_INSNS	(1U << 2)	/* use @insns, not @prog_fd */

/**
 * struct lambda_load_attr - what makes a λ handle out of a BPF program
 * @prog_fd:    a program of type BPF_PROG_TYPE_LAMBDA; the handle keeps it. 0
 *              with LAMBDA_ATTR_INSNS
 * @flags:      LAMBDA_ATTR_*
 * @rodata:     address of @rodata_len bytes, copied, that requests see at
 *              SBPF_DATA_BASE and cannot change
 * @rodata_len: bytes
 * @data:       address of @data_len bytes that each request gets a fresh copy
 *              of, from the page after @rodata on
 * @data_len:   bytes
 * @bss_len:    zero bytes that follow @data directly
 * @heap_len:   bytes of heap, at most SBPF_HEAP_MAX
 * @budget:     backward jumps a request may take, at most SBPF_BUDGET_MAX;
 *              without LAMBDA_ATTR_BUDGET it must be 0 and each request gets
 *              SBPF_BUDGET_DEFAULT or SBPF_BUDGET_PER_BYTE times its input
 *              length, whichever is more
 * @frame_len:  bytes of stack for each function, a multiple of SBPF_PAGE_SIZE
 *              up to SBPF_FRAME_MAX; 0 means SBPF_FRAME_DEFAULT
 * @record_len: bytes, at most SBPF_IN_MAX; 0: the λ is not record-wise. If it is,
 *              a request may be divided behind any multiple of it, counted from
 *              the request's first byte: what the parts put out, one after the
 *              other or merged by @merge_fd, must be what the whole would
 * @merge_fd:   with LAMBDA_ATTR_MERGE, which needs a @record_len: a program of
 *              type BPF_PROG_TYPE_LAMBDA whose input is the outputs of all
 *              parts, in the order of the file, and whose output is the
 *              request's; it sees the same arguments, globals and offset.
 *              Otherwise, and with LAMBDA_ATTR_INSNS, 0
 * @reserved:   must be 0
 * @insns:      with LAMBDA_ATTR_INSNS, address of @insn_cnt struct bpf_insn that
 *              the kernel makes the program of, as bpf(2) does; it takes no
 *              capability where fs.lambda.unprivileged is 1. Otherwise 0
 * @merge_insns: with LAMBDA_ATTR_INSNS and LAMBDA_ATTR_MERGE, address of
 *              @merge_insn_cnt struct bpf_insn in place of @merge_fd.
 *              Otherwise 0
 * @insn_cnt:   instructions, at most SBPF_INSNS_MAX
 * @merge_insn_cnt: likewise
 * @log_buf:    with LAMBDA_ATTR_INSNS, address of @log_size bytes for text, ended
 *              by a 0 byte, that tells why a program is refused: of the one that
 *              was looked at last. Otherwise 0
 * @log_size:   bytes; 0: no text
 * @reserved2:  must be 0
 *
 * @rodata rounded up to a page, @data and @bss_len together are at most
 * SBPF_DATA_MAX.
 */
struct lambda_load_attr {
	__s32 prog_fd;
	__u32 flags;
	__aligned_u64 rodata;
	__u64 rodata_len;
	__aligned_u64 data;
	__u64 data_len;
	__u64 bss_len;
	__u64 heap_len;
	__u64 budget;
	__u32 frame_len;
	__u32 record_len;
	__s32 merge_fd;
	__u32 reserved;
	__aligned_u64 insns;
	__aligned_u64 merge_insns;
	__u32 insn_cnt;
	__u32 merge_insn_cnt;
	__aligned_u64 log_buf;
	__u32 log_size;
	__u32 reserved2;
};

#define LAMBDA_LOAD_ATTR_SIZE_VER0	120	/* sizeof the first struct of ABI 2 */

/* Flags in lambda_io: where to run, and how the input is seen. */
#define LAMBDA_IO_HOST		(1U << 0)	/* run in the host kernel */
#define LAMBDA_IO_DEVICE	(1U << 1)	/* run in the drive if it can */
#define LAMBDA_IO_NO_FALLBACK	(1U << 2)	/* with DEVICE: there or not at all */
#define LAMBDA_IO_SNAPSHOT	(1U << 3)	/* copy the input before running */

/**
 * enum lambda_side - which side ran a request
 * @LAMBDA_SIDE_NONE:   neither did
 * @LAMBDA_SIDE_HOST:   the host kernel
 * @LAMBDA_SIDE_DEVICE: the drive
 * @LAMBDA_SIDE_BOTH:   both at the same time, each a part of the range
 */
enum lambda_side {
	LAMBDA_SIDE_NONE = 0,
	LAMBDA_SIDE_HOST = 1,
	LAMBDA_SIDE_DEVICE = 2,
	LAMBDA_SIDE_BOTH = 3,
};

/**
 * enum lambda_reason - why it was that side
 * @LAMBDA_REASON_NONE:       no decision was made
 * @LAMBDA_REASON_FORCED:     the caller asked for this side
 * @LAMBDA_REASON_NO_DISK:    the file is not on a disk that can run λs, or does
 *                            not tell where it lies on it
 * @LAMBDA_REASON_MODEL:      it was expected to end there first
 * @LAMBDA_REASON_PROFILE:    to measure this side
 * @LAMBDA_REASON_POLICY:     the disk's policy leaves no other choice
 * @LAMBDA_REASON_DIVIDED:    the host: the request was divided, and the parts'
 *                            ends did not make one of the whole
 *
 * The host, because of the file:
 *
 * @LAMBDA_REASON_INLINE:     its data lies in the inode
 * @LAMBDA_REASON_UNWRITTEN:  a part to be overwritten is not allocated, not
 *                            written yet, or a hole
 * @LAMBDA_REASON_ENCRYPTED:  it is encrypted
 * @LAMBDA_REASON_VERITY:     it is under fs-verity
 * @LAMBDA_REASON_COMPRESSED: it is compressed
 * @LAMBDA_REASON_SHARED:     it may share blocks with other files
 * @LAMBDA_REASON_JOURNALLED: its data goes through the journal
 * @LAMBDA_REASON_OTHER_DISK: a part of it lies on another device
 * @LAMBDA_REASON_DAX:        it is memory, not a disk
 * @LAMBDA_REASON_SWAPFILE:   it is swapped to
 * @LAMBDA_REASON_EOF:        a write that begins at or beyond its end
 * @LAMBDA_REASON_APPEND:     a write that appends
 * @LAMBDA_REASON_BUSY_PAGES: its pages could not be written back or dropped
 * @LAMBDA_REASON_EXTENTS:    more extents than the drive takes
 * @LAMBDA_REASON_STALE:      its blocks may count as written before its data is
 *                            in them
 *
 * The host, because of the drive:
 *
 * @LAMBDA_REASON_TOO_LARGE:  the request is over a limit of the drive
 * @LAMBDA_REASON_REFUSED:    the drive refused the program
 * @LAMBDA_REASON_MEMORY:     the request needs more memory than it has
 * @LAMBDA_REASON_INSNS:      it took more instructions than the drive allows
 * @LAMBDA_REASON_TIME:       it took longer than its deadline
 * @LAMBDA_REASON_NO_ROOM:    its output is longer than what may be overwritten
 * @LAMBDA_REASON_BUSY:       no place for the request or its program, or the
 *                            file stays locked
 * @LAMBDA_REASON_ERROR:      the drive reported an error
 * @LAMBDA_REASON_ABORTED:    the drive did not answer in time
 * @LAMBDA_REASON_GONE:       it was reset or removed
 * @LAMBDA_REASON_CONTRACT:   it does not keep the contract that the program
 *                            needs, see enum sbpf_contract
 * @LAMBDA_REASON_CGROUP:     its I/O is under a controller of cgroups that λs
 *                            in a drive cannot obey: io.latency, io.cost
 */
enum lambda_reason {
	LAMBDA_REASON_NONE = 0,
	LAMBDA_REASON_FORCED = 1,
	LAMBDA_REASON_NO_DISK = 2,
	LAMBDA_REASON_MODEL = 3,
	LAMBDA_REASON_PROFILE = 4,
	LAMBDA_REASON_POLICY = 5,
	LAMBDA_REASON_DIVIDED = 6,

	LAMBDA_REASON_INLINE = 16,
	LAMBDA_REASON_UNWRITTEN = 17,
	LAMBDA_REASON_ENCRYPTED = 18,
	LAMBDA_REASON_VERITY = 19,
	LAMBDA_REASON_COMPRESSED = 20,
	LAMBDA_REASON_SHARED = 21,
	LAMBDA_REASON_JOURNALLED = 22,
	LAMBDA_REASON_OTHER_DISK = 23,
	LAMBDA_REASON_DAX = 24,
	LAMBDA_REASON_SWAPFILE = 25,
	LAMBDA_REASON_EOF = 26,
	LAMBDA_REASON_APPEND = 27,
	LAMBDA_REASON_BUSY_PAGES = 28,
	LAMBDA_REASON_EXTENTS = 29,
	LAMBDA_REASON_STALE = 30,

	LAMBDA_REASON_TOO_LARGE = 64,
	LAMBDA_REASON_REFUSED = 65,
	LAMBDA_REASON_MEMORY = 66,
	LAMBDA_REASON_INSNS = 67,
	LAMBDA_REASON_TIME = 68,
	LAMBDA_REASON_NO_ROOM = 69,
	LAMBDA_REASON_BUSY = 70,
	LAMBDA_REASON_ERROR = 71,
	LAMBDA_REASON_ABORTED = 72,
	LAMBDA_REASON_GONE = 73,
	LAMBDA_REASON_CONTRACT = 74,
	LAMBDA_REASON_CGROUP = 75,
};

/**
 * struct lambda_result - what came of one request
 * @status:      enum lambda_status
 * @side:        enum lambda_side
 * @reason:      enum lambda_reason; with LAMBDA_IO_NO_FALLBACK and EOPNOTSUPP
 *               why it was neither side
 * @retval:      what the λ returned, where it returned at all
 * @fault_addr:  with LAMBDA_STATUS_FAULT the lowest forbidden byte; it may lie
 *               outside the 32-bit window
 * @fault_write: with LAMBDA_STATUS_FAULT 1 for a write, 0 for a read
 * @reserved:    0
 * @in_len:      bytes of input the λ was given: fewer than asked for at the end
 *               of the file, and before a part that could not be read
 * @out_len:     bytes of output it made; for lambda_pwrite more than the call's
 *               return value where the file took only a part. When
 *               lambda_pwrite fails with EIO, @status is NOT_RUN and @side is
 *               the drive, it is unknown whether it was done: the bytes from
 *               the call's offset on may have changed, this many at most
 * @budget_used: units of budget the λ took: backward jumps, and what helpers
 *               were charged; all of it where that was not enough
 * @helper_bytes: bytes that helpers were charged for, SBPF_HELPER_GRAIN of
 *               which are a unit of budget
 * @ns_media:    nanoseconds spent on getting the input or putting the output,
 *               media included; of a drive those that its media took
 * @ns_link:     nanoseconds on the link to a drive; 0 on the host side
 * @ns_compute:  nanoseconds the λ itself took
 * @bytes_media: bytes that were read from or written to the file
 * @bytes_link:  bytes that crossed the link to a drive for this request; 0 on
 *               the host side, where the page cache's own I/O counts
 *
 * Where both sides ran a request, each @ns_* is the sum over the parts, which
 * may be more than what passed.
 */
struct lambda_result {
	__u32 status;
	__u32 side;
	__u32 reason;
	__s32 retval;
	__s64 fault_addr;
	__u32 fault_write;
	__u32 reserved;
	__u64 in_len;
	__u64 out_len;
	__u64 budget_used;
	__u64 helper_bytes;
	__u64 ns_media;
	__u64 ns_link;
	__u64 ns_compute;
	__u64 bytes_media;
	__u64 bytes_link;
};

#define LAMBDA_RESULT_SIZE_VER0	104	/* sizeof the first struct of ABI 2 */

/**
 * struct lambda_io - what one request adds to pread and pwrite, and its result
 * @size:        bytes of this struct as the caller knows it, the result
 *               included
 * @result_size: bytes of @result as the caller knows it
 * @flags:       LAMBDA_IO_*
 * @args_len:    bytes of arguments, at most SBPF_ARGS_MAX
 * @args:        address of the arguments, which the λ is handed a copy of
 * @out_cap:     bytes the output may have; for lambda_pread the size of the
 *               caller's buffer
 * @result:      out; always the last member, so that inputs can grow before it
 *
 * The kernel reads both sizes once. Inputs are the first @size - @result_size
 * bytes: those that a smaller caller does not know read as 0, unknown bytes of
 * a larger one must be 0 (E2BIG). The result follows: of one that the caller
 * knows more of than the kernel the rest is set to 0.
 */
struct lambda_io {
	__u32 size;
	__u32 result_size;
	__u32 flags;
	__u32 args_len;
	__aligned_u64 args;
	__u64 out_cap;
	struct lambda_result result;
};

#define LAMBDA_IO_INPUT_SIZE_VER0	32	/* bytes before @result in ABI 2 */

#endif /* _UAPI_LINUX_LAMBDA_H */
