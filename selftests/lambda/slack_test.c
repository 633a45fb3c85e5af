// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes next to the input are zero, whatever an earlier request of the same
 * shape left in its pages.
 */
#include "common.h"
#include "harness.h"

#define PAGE	4096ul

/* Adds up the bytes from the end of the input to the end of its page. */
static const struct bpf_insn slack[] = {
	CTX(R2, R1, in),
	CTX(R3, R1, in_len),
	CTX(R8, R1, out),
	ADD(R2, R3),
	MOV(R4, R2),
	ADDI(R4, PAGE - 1),
	ALUI(BPF_RSH, R4, 12),
	ALUI(BPF_LSH, R4, 12),
	MOVI(R0, 0),
	JMP(BPF_JEQ, R2, R4, 4),
	LDX(BPF_B, R5, R2, 0),
	ADD(R0, R5),
	ADDI(R2, 1),
	JMP(BPF_JNE, R2, R4, -4),
	STX(BPF_DW, R8, 0, R0),
	MOVI(R0, 8),
	EXIT(),
};

/* A request for @count bytes at @offset gets @len and sees zeros after them. */
#define EXPECT_SLACK(file, count, offset, len) do {			\
	struct lambda_io io = io_for(8, NULL, 0);			\
	__u64 sum = -1;							\
									\
	EXPECT_EQ(8, lambda_pread(file, &sum, count, offset, lambda,	\
				  &io));				\
	EXPECT_EQ(len, io.result.in_len);					\
	EXPECT_EQ(0, sum) {						\
		TH_LOG("%lu bytes asked for at %lu, %llu there",	\
		       (unsigned long)(count), (unsigned long)(offset),	\
		       io.result.in_len);					\
	}								\
} while (0)

/*
 * The same request to a long file and to a short one: a file in memory does
 * not tell its length before it is read, so both have the same shape.
 */
TEST(shorter_file)
{
	static const size_t lengths[] = {
		1, 904, 4095, 4096, 4097, 5000, 8191, 12000, 65535,
	};
	static const size_t offsets[] = { 0, 1, 100, 4095, 4096 };
	static char bytes[2 * 65536];
	int lambda = HANDLE(slack), whole;
	size_t i, k, count;

	memset(bytes, 0xaa, sizeof(bytes));
	whole = memory_file(bytes, sizeof(bytes));
	ASSERT_LE(0, lambda);
	ASSERT_LE(0, whole);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		int part = memory_file(bytes, lengths[i]);

		ASSERT_LE(0, part);
		for (k = 0; k < ARRAY_SIZE(offsets); k++) {
			if (offsets[k] >= lengths[i])
				break;
			for (count = PAGE; count <= 65536; count *= 2) {
				size_t rest = lengths[i] - offsets[k];

				EXPECT_SLACK(whole, count, offsets[k], count);
				EXPECT_SLACK(part, count, offsets[k],
					     rest < count ? rest : count);
			}
		}
		close(part);
	}
	close(whole);
	close(lambda);
}

TEST_HARNESS_MAIN
