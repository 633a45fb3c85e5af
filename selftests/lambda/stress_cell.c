// SPDX-License-Identifier: GPL-2.0-only
/* Cells of stress_test: made here, looked at here and by a λ. */
#include <string.h>

#include "stress.h"

static __u32 crc32c(__u32 crc, const void *data, size_t len)
{
	static __u32 table[256];
	const __u8 *p = data;
	unsigned int i, k;

	for (i = 0; !table[255] && i < 256; i++) {
		__u32 entry = i;

		for (k = 0; k < 8; k++)
			entry = entry >> 1 ^ (entry & 1 ? 0x82f63b78 : 0);
		table[i] = entry;
	}
	while (len--)
		crc = crc >> 8 ^ table[(__u8)(crc ^ *p++)];
	return crc;
}

static __u32 cell_crc(const struct cell *cell)
{
	return crc32c(~0u, &cell->id, sizeof(*cell) - sizeof(cell->crc));
}

void make_block(void *block, __u32 id, __u64 version)
{
	struct cell *cells = block;
	__u64 state = version * BLOCKS + id;
	size_t i, k;

	for (i = 0; i < CELLS; i++) {
		cells[i].id = id;
		cells[i].version = version;
		for (k = 0; k < sizeof(cells[i].rest) / 8; k++)
			((__u64 *)cells[i].rest)[k] = stress_random(&state);
		cells[i].crc = cell_crc(&cells[i]);
	}
}

static __u32 crc_of_zeros(void)
{
	static const struct cell zeros;

	return cell_crc(&zeros);
}

/* Not damaged: its checksum holds, or there is nothing at all. */
__u64 look_at(const struct cell *cell)
{
	__u32 crc = cell_crc(cell);

	if (crc == cell->crc)
		return SEEN(cell->id, cell->version);
	return SEEN(!cell->crc && crc == crc_of_zeros() ? ZEROS : TORN, 0);
}

/* The same as look_at(), for each cell of the input once. */
int look_handle(void)
{
	const struct bpf_insn look[] = {
		CTX(R6, R1, in),
		CTX(R7, R1, in_len),
		CTX(R8, R1, out),
		CTX(R9, R1, out),
		ALUI(BPF_AND, R7, -CELL),
		ADD(R7, R6),
		/* next: */
		JMP(BPF_JGE, R6, R7, 23),
		ALUI32(BPF_MOV, R1, ~0u),
		MOV(R2, R6),
		ADDI(R2, 4),
		MOVI(R3, CELL - 4),
		CALL(SBPF_HELPER_CRC32C),
		LDX(BPF_W, R1, R6, 0),
		JMP(BPF_JEQ, R0, R1, 8),
		LD64(R2, SEEN(TORN, 0)),
		JMPI(BPF_JNE, R1, 0, 9),
		ALUI32(BPF_MOV, R1, crc_of_zeros()),
		JMP(BPF_JNE, R0, R1, 7),
		LD64(R2, SEEN(ZEROS, 0)),
		GOTO(4),
		/* whole: */
		LDX(BPF_W, R2, R6, 4),
		ALUI(BPF_LSH, R2, 48),
		LDX(BPF_DW, R3, R6, 8),
		ALU(BPF_OR, R2, R3),
		/* tell: */
		STX(BPF_DW, R9, 0, R2),
		ADDI(R9, 8),
		ADDI(R6, CELL),
		GOTO(-24),
		/* end: */
		MOV(R0, R9),
		ALU(BPF_SUB, R0, R8),
		EXIT(),
	};

	return HANDLE(look);
}
