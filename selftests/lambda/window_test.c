// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every segment of the window, at both ends, with every kind of access.
 *
 * A model of the window, written from the contract, says for each access which
 * byte is the lowest forbidden one and what a load finds; the kernel must say
 * the same. The λ takes the address, and the value to store, as arguments.
 */
#include "common.h"
#include "harness.h"

#define PAGE		SBPF_PAGE_SIZE
#define RODATA_LEN	(PAGE + 100)
#define DATA_LEN	200
#define BSS_LEN		(2 * PAGE)
#define HEAP_LEN	(2 * PAGE + 1)
#define IN_SKEW		24
#define IN_LEN		(2 * PAGE + 7)
#define OUT_CAP		(PAGE + 300)
#define DATA_AT		(SBPF_DATA_BASE + 2 * PAGE)
#define FRAME		SBPF_FRAME_TOP(0)

#define STORED		0xa1b2c3d4e5f60718ull

/* What the probing λ is told; the rest of its arguments is a pattern. */
struct probe {
	__u64 addr;
	__u64 value;
	__u8 pattern[600 - 16];
};

/* A range of bytes that reads as @bytes, then as zeros to the page's end. */
struct segment {
	const char *name;
	__u64 from, to;			/* bytes in use */
	bool write;
	const __u8 *bytes;		/* NULL: zeros */
};

struct access {
	__u8 class, mode, size;
	__s16 disp;
	__u64 base;
};

static __u8 in_file[IN_SKEW + IN_LEN];
static __u8 rodata[RODATA_LEN], data[DATA_LEN];
static struct probe probe;
static struct lambda_ctx ctx;
static struct segment segments[] = {
	{ "ctx", SBPF_CTX_BASE, SBPF_CTX_BASE + sizeof(ctx), false,
	  (__u8 *)&ctx },
	{ "args", SBPF_ARGS_BASE, SBPF_ARGS_BASE + sizeof(probe), false,
	  (__u8 *)&probe },
	{ "stack", FRAME - PAGE, FRAME, true, NULL },
	{ "rodata", SBPF_DATA_BASE, SBPF_DATA_BASE + RODATA_LEN, false,
	  rodata },
	{ "data", DATA_AT, DATA_AT + DATA_LEN, true, data },
	{ "bss", DATA_AT + DATA_LEN, DATA_AT + DATA_LEN + BSS_LEN, true, NULL },
	{ "heap", SBPF_HEAP_BASE, SBPF_HEAP_BASE + HEAP_LEN, true, NULL },
	{ "input", SBPF_IN_BASE + IN_SKEW, SBPF_IN_BASE + IN_SKEW + IN_LEN,
	  false, in_file + IN_SKEW },
	{ "output", SBPF_OUT_BASE, SBPF_OUT_BASE + OUT_CAP, true, NULL },
};

static void fill(__u8 *p, size_t len, unsigned int seed)
{
	while (len--)
		*p++ = seed = seed * 77 + 13;
}

static void fill_all(void)
{
	fill(in_file, sizeof(in_file), 1);
	fill(rodata, sizeof(rodata), 2);
	fill(data, sizeof(data), 3);
	fill(probe.pattern, sizeof(probe.pattern), 4);
	ctx = (struct lambda_ctx) {
		.in = SBPF_IN_BASE + IN_SKEW, .in_len = IN_LEN,
		.out = SBPF_OUT_BASE, .out_cap = OUT_CAP,
		.args = SBPF_ARGS_BASE, .args_len = sizeof(probe),
		.heap = SBPF_HEAP_BASE, .heap_len = HEAP_LEN,
		.offset = IN_SKEW,
	};
}

/* Segments own whole pages. */
static bool page_mapped(__s64 addr, bool write)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(segments); i++) {
		const struct segment *s = &segments[i];
		__s64 from = s->from & ~(PAGE - 1ull);
		__s64 to = (s->to + PAGE - 1) & ~(PAGE - 1ull);

		if (addr >= from && addr < to && (s->write || !write))
			return true;
	}
	return false;
}

static __u8 byte_at(__s64 addr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(segments); i++) {
		const struct segment *s = &segments[i];

		if (addr >= s->from && addr < s->to)
			return s->bytes ? s->bytes[addr - s->from] : 0;
	}
	return 0;
}

static int bytes_of(__u8 size)
{
	switch (size) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

/* The lowest forbidden byte of an access; false where there is none. */
static bool model_fault(const struct access *a, __s64 *bad)
{
	bool write = a->class != BPF_LDX;
	__s64 addr = (__s64)(__u32)a->base + a->disp;
	int i;

	for (i = 0; i < bytes_of(a->size); i++) {
		*bad = addr + i;
		if (!page_mapped(*bad, write))
			return true;
	}
	return false;
}

/* What the program is to find there after the access, as one number. */
static __u64 model_value(const struct access *a)
{
	__s64 addr = (__s64)(__u32)a->base + a->disp;
	int i, len = bytes_of(a->size), bits = 64 - 8 * len;
	__u64 v = 0;

	for (i = 0; i < len; i++)
		v |= (__u64)byte_at(addr + i) << (8 * i);
	if (a->class == BPF_STX)
		v = STORED << bits >> bits;
	else if (a->class == BPF_ST)
		v = (__u64)(__s64)(__s32)STORED << bits >> bits;
	if (a->mode == BPF_MEMSX)
		v = (__s64)(v << bits) >> bits;
	return v;
}

/* A λ that does one access and puts what is there then into its output. */
static int probe_handle(const struct access *a)
{
	const struct lambda_load_attr attr = {
		.rodata = (uintptr_t)rodata, .rodata_len = RODATA_LEN,
		.data = (uintptr_t)data, .data_len = DATA_LEN,
		.bss_len = BSS_LEN, .heap_len = HEAP_LEN,
	};
	struct bpf_insn p[] = {
		CTX(R6, R1, args),
		LDX(BPF_DW, R2, R6, 0),
		LDX(BPF_DW, R3, R6, 8),
		a->class == BPF_LDX ?
			INSN(BPF_LDX | a->mode | a->size, R3, R2, a->disp, 0) :
		a->class == BPF_STX ? STX(a->size, R2, a->disp, R3) :
				      ST(a->size, R2, a->disp, STORED),
		LDX(a->size, R4, R2, a->disp),
		CTX(R5, R1, out),
		STX(BPF_DW, R5, 0, R4),
		MOVI(R0, 8),
		EXIT(),
	};

	/* A sign-extended load has its answer in R3 already. */
	if (a->mode == BPF_MEMSX)
		p[4] = MOV(R4, R3);
	return handle_attr(p, ARRAY_SIZE(p), &attr);
}

static bool agree(const struct access *a, int file, int lambda)
{
	struct lambda_io io = io_for(OUT_CAP, &probe, sizeof(probe));
	__u8 out[OUT_CAP];
	__u64 seen;
	__s64 bad;
	ssize_t ret;

	probe.addr = a->base;
	probe.value = STORED;
	memset(out, 0x5a, sizeof(out));
	ret = lambda_pread(file, out, IN_LEN, IN_SKEW, lambda, &io);
	memcpy(&seen, out, 8);
	if (!model_fault(a, &bad))
		return ret == 8 && io.result.status == LAMBDA_STATUS_OK &&
		       seen == model_value(a);
	return ret == -1 && errno == ECANCELED &&
	       io.result.status == LAMBDA_STATUS_FAULT &&
	       io.result.fault_addr == bad &&
	       io.result.fault_write == (a->class != BPF_LDX) &&
	       seen == 0x5a5a5a5a5a5a5a5aull;
}

/* Distances from each end of each segment. */
static const __s64 distances[] = {
	0, 1, 2, 3, 4, 5, 7, 8, 9, 16, PAGE - 1, PAGE, PAGE + 1,
	2 * PAGE, 0x8000, 0x10000, 0x7fffffff, 0x80000000ll, 0x80000001ll,
	-1, -2, -3, -4, -5, -7, -8, -9, -16, -(__s64)PAGE, -(__s64)PAGE - 1,
	-0x80000000ll,
};

FIXTURE(window) {
	int file;
};

FIXTURE_VARIANT(window) {
	__u8 class, mode;
	__s16 disp;
};

#define VARIANT(name, ...)						\
	FIXTURE_VARIANT_ADD(window, name) { __VA_ARGS__ }

VARIANT(load, BPF_LDX, BPF_MEM, 0);
VARIANT(load_before, BPF_LDX, BPF_MEM, -32768);
VARIANT(load_after, BPF_LDX, BPF_MEM, 32767);
VARIANT(signed_load, BPF_LDX, BPF_MEMSX, 0);
VARIANT(signed_load_before, BPF_LDX, BPF_MEMSX, -9);
VARIANT(store, BPF_STX, BPF_MEM, 0);
VARIANT(store_before, BPF_STX, BPF_MEM, -4097);
VARIANT(store_after, BPF_STX, BPF_MEM, 4095);
VARIANT(constant_store, BPF_ST, BPF_MEM, 0);
VARIANT(constant_store_after, BPF_ST, BPF_MEM, 32767);

FIXTURE_SETUP(window)
{
	fill_all();
	self->file = memory_file(in_file, sizeof(in_file));
	ASSERT_LE(0, self->file);
}

FIXTURE_TEARDOWN(window)
{
	close(self->file);
}

/* Tries one access at many addresses with one loaded λ. */
static void sweep(struct __test_metadata *_metadata, int file,
		  struct access *a, const __u64 *addrs, size_t nr)
{
	int lambda = probe_handle(a);
	size_t i;

	ASSERT_LE(0, lambda);
	for (i = 0; i < nr; i++) {
		/* The displacement is on top: aim at the place itself. */
		a->base = addrs[i] - a->disp;
		EXPECT_TRUE(agree(a, file, lambda)) {
			TH_LOG("class %d size %d at %#llx + %d", a->class,
			       bytes_of(a->size), a->base, a->disp);
		}
	}
	close(lambda);
}

static const __u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

TEST_F(window, both_ends_of_each_segment)
{
	__u64 addrs[ARRAY_SIZE(segments) * ARRAY_SIZE(distances) * 2];
	struct access a = { .class = variant->class, .mode = variant->mode,
			    .disp = variant->disp };
	size_t i, k, n = 0;

	for (i = 0; i < ARRAY_SIZE(segments); i++) {
		for (k = 0; k < ARRAY_SIZE(distances); k++) {
			addrs[n++] = segments[i].from + distances[k];
			addrs[n++] = segments[i].to + distances[k];
		}
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		a.size = sizes[i];
		if (a.mode != BPF_MEMSX || a.size != BPF_DW)
			sweep(_metadata, self->file, &a, addrs, n);
	}
}

/* Page ends inside a segment: the slack, and the step to the next page. */
TEST_F(window, page_ends)
{
	struct access a = { .class = variant->class, .mode = variant->mode,
			    .disp = variant->disp };
	__u64 addrs[ARRAY_SIZE(segments) * 5 * 17];
	size_t i, n = 0;
	int page, d;

	for (i = 0; i < ARRAY_SIZE(segments); i++)
		for (page = -1; page <= 3; page++)
			for (d = -8; d <= 8; d++)
				addrs[n++] = (segments[i].from & -PAGE) + d +
					     page * (__s64)PAGE;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		a.size = sizes[i];
		if (a.mode != BPF_MEMSX || a.size != BPF_DW)
			sweep(_metadata, self->file, &a, addrs, n);
	}
}

/* Null, the last page below 4 GiB, and what lies just beyond either. */
TEST_F(window, ends_of_the_address_space)
{
	static const __u64 addrs[] = {
		0, 1, 7, 8, PAGE, 0xffff, SBPF_CTX_BASE - 1, 0x30000,
		0x07ffffff, 0x0fffffff, 0x7fff0000, 0x7fffffff,
		0xbfffffff, 0xc0000000, 0xfffffff8, 0xfffffff9, 0xffffffff,
		-1ull, -8ull, -32768ull,
		0x100000000ull, 0x100000001ull, 0x100007fffull,
	};
	struct access a = { .class = variant->class, .mode = variant->mode,
			    .disp = variant->disp };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		a.size = sizes[i];
		if (a.mode != BPF_MEMSX || a.size != BPF_DW)
			sweep(_metadata, self->file, &a, addrs,
			      ARRAY_SIZE(addrs));
	}
}

/* The upper half of a base register never reaches memory. */
TEST_F(window, high_bits_of_the_base)
{
	static const __u32 high[] = { 1, 2, 0x7fffffff, 0x80000000, 0xffff8880,
				      0xffffffff };
	__u64 addrs[ARRAY_SIZE(segments) * ARRAY_SIZE(high) * 2];
	struct access a = { .class = variant->class, .mode = variant->mode,
			    .disp = variant->disp };
	size_t i, k, n = 0;

	for (i = 0; i < ARRAY_SIZE(segments); i++) {
		for (k = 0; k < ARRAY_SIZE(high); k++) {
			__u64 top = (__u64)high[k] << 32;

			addrs[n++] = top | segments[i].from;
			addrs[n++] = top | segments[i].to;
		}
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		a.size = sizes[i];
		if (a.mode != BPF_MEMSX || a.size != BPF_DW)
			sweep(_metadata, self->file, &a, addrs, n);
	}
}

TEST_HARNESS_MAIN
