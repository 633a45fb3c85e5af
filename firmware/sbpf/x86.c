// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* x86-64 instructions as bytes: see x86.h, and volume 2 of the manual. */
#include "x86.h"

#define REX_W	0x48
#define REX_R	0x44
#define REX_X	0x42
#define REX_B	0x41

void x86_byte(struct x86_code *c, __u8 byte)
{
	if (c->bytes)
		c->bytes[c->at] = byte;
	c->at++;
}

static void x86_put32(struct x86_code *c, __u32 value)
{
	int k;

	for (k = 0; k < 4; k++)
		x86_byte(c, (__u8)(value >> 8 * k));
}

/* Long no-operations: fewer of them to decode. */
void x86_align(struct x86_code *c, __u32 to)
{
	static const __u8 nops[8][8] = {
		{ 0x90 },
		{ 0x66, 0x90 },
		{ 0x0f, 0x1f, 0x00 },
		{ 0x0f, 0x1f, 0x40, 0x00 },
		{ 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
	};
	__u32 gap = -c->at & (to - 1);

	while (gap) {
		__u32 len = gap > 8 ? 8 : gap, k;

		for (k = 0; k < len; k++)
			x86_byte(c, nops[len - 1][k]);
		gap -= len;
	}
}

/* REX prefix and opcode of "op reg, rm"; @force for spl, dil and the like. */
static void x86_rex(struct x86_code *c, bool wide, int reg, int index, int rm,
		    bool force)
{
	__u8 prefix = wide ? REX_W : 0;

	if (reg & 8)
		prefix |= REX_R;
	if (index != NO_INDEX && (index & 8))
		prefix |= REX_X;
	if (rm & 8)
		prefix |= REX_B;
	if (force)
		prefix |= 0x40;
	if (prefix)
		x86_byte(c, prefix);
}

static void x86_modrm(struct x86_code *c, int reg, int rm)
{
	x86_byte(c, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

static void x86_modrm_mem(struct x86_code *c, int reg, struct x86_mem mem)
{
	bool sib = mem.index != NO_INDEX || (mem.base & 7) == RSP;
	bool small = mem.disp == (__s8)mem.disp;
	__u8 mode = small ? 0x40 : 0x80;

	/* Without displacement the code of rbp means something else. */
	if (mem.disp == 0 && (mem.base & 7) != RBP)
		mode = 0;
	x86_byte(c, mode | (reg & 7) << 3 | (sib ? RSP : mem.base & 7));
	if (sib)
		x86_byte(c, mem.scale << 6 | (mem.base & 7) |
			 (mem.index == NO_INDEX ? RSP : mem.index & 7) << 3);
	if (mode == 0x40)
		x86_byte(c, (__u8)mem.disp);
	else if (mode)
		x86_put32(c, mem.disp);
}

void x86_alu(struct x86_code *c, bool wide, enum x86_alu op, enum x86_reg dst,
	     enum x86_reg src)
{
	x86_rex(c, wide, src, NO_INDEX, dst, false);
	x86_byte(c, op);
	x86_modrm(c, src, dst);
}

void x86_alu_imm(struct x86_code *c, bool wide, enum x86_alu op,
		 enum x86_reg dst, __s32 imm)
{
	x86_rex(c, wide, 0, NO_INDEX, dst, false);
	if (op == X86_TEST || op == X86_MOV) {
		x86_byte(c, op == X86_TEST ? 0xf7 : 0xc7);
		x86_modrm(c, 0, dst);
		x86_put32(c, imm);
		return;
	}
	x86_byte(c, imm == (__s8)imm ? 0x83 : 0x81);
	x86_modrm(c, op >> 3, dst);
	if (imm == (__s8)imm)
		x86_byte(c, (__u8)imm);
	else
		x86_put32(c, imm);
}

void x86_mov_imm(struct x86_code *c, enum x86_reg dst, __u64 imm)
{
	if (imm == 0) {
		x86_alu(c, false, X86_XOR, dst, dst);
		return;
	}
	if (imm != (__u32)imm && imm == (__u64)(__s32)imm) {
		x86_alu_imm(c, true, X86_MOV, dst, (__s32)imm);
		return;
	}
	x86_rex(c, imm != (__u32)imm, 0, NO_INDEX, dst, false);
	x86_byte(c, 0xb8 | (dst & 7));
	x86_put32(c, (__u32)imm);
	if (imm != (__u32)imm)
		x86_put32(c, imm >> 32);
}

void x86_mul(struct x86_code *c, bool wide, enum x86_reg dst,
	     enum x86_reg src)
{
	x86_rex(c, wide, dst, NO_INDEX, src, false);
	x86_byte(c, 0x0f);
	x86_byte(c, 0xaf);
	x86_modrm(c, dst, src);
}

void x86_mul_imm(struct x86_code *c, bool wide, enum x86_reg dst, __s32 imm)
{
	x86_rex(c, wide, dst, NO_INDEX, dst, false);
	x86_byte(c, 0x69);
	x86_modrm(c, dst, dst);
	x86_put32(c, imm);
}

void x86_shift_imm(struct x86_code *c, bool wide, enum x86_shift op,
		   enum x86_reg dst, __u8 by)
{
	x86_rex(c, wide, 0, NO_INDEX, dst, false);
	x86_byte(c, 0xc1);
	x86_modrm(c, op, dst);
	x86_byte(c, by);
}

void x86_shift(struct x86_code *c, bool wide, enum x86_shift op,
	       enum x86_reg dst)
{
	x86_rex(c, wide, 0, NO_INDEX, dst, false);
	x86_byte(c, 0xd3);
	x86_modrm(c, op, dst);
}

void x86_unary(struct x86_code *c, bool wide, enum x86_unary op,
	       enum x86_reg reg)
{
	x86_rex(c, wide, 0, NO_INDEX, reg, false);
	x86_byte(c, 0xf7);
	x86_modrm(c, op, reg);
}

void x86_sign_rax(struct x86_code *c, bool wide)
{
	x86_rex(c, wide, 0, NO_INDEX, 0, false);
	x86_byte(c, 0x99);
}

void x86_movsx(struct x86_code *c, bool wide, int bits, enum x86_reg dst,
	       enum x86_reg src)
{
	x86_rex(c, wide, dst, NO_INDEX, src, bits == 8);
	if (bits == 32) {
		x86_byte(c, 0x63);
	} else {
		x86_byte(c, 0x0f);
		x86_byte(c, bits == 8 ? 0xbe : 0xbf);
	}
	x86_modrm(c, dst, src);
}

void x86_movzx16(struct x86_code *c, enum x86_reg reg)
{
	x86_rex(c, false, reg, NO_INDEX, reg, false);
	x86_byte(c, 0x0f);
	x86_byte(c, 0xb7);
	x86_modrm(c, reg, reg);
}

void x86_swap16(struct x86_code *c, enum x86_reg reg)
{
	x86_byte(c, 0x66);
	x86_shift_imm(c, false, X86_ROR, reg, 8);
}

void x86_bswap(struct x86_code *c, bool wide, enum x86_reg reg)
{
	x86_rex(c, wide, 0, NO_INDEX, reg, false);
	x86_byte(c, 0x0f);
	x86_byte(c, 0xc8 | (reg & 7));
}

static void x86_mem_op(struct x86_code *c, bool wide, int reg,
		       struct x86_mem mem, __u32 opcode, bool force)
{
	x86_rex(c, wide, reg, mem.index, mem.base, force);
	if (opcode >> 8)
		x86_byte(c, opcode >> 8);
	x86_byte(c, (__u8)opcode);
	x86_modrm_mem(c, reg, mem);
}

void x86_load(struct x86_code *c, int size, bool sign, enum x86_reg dst,
	      struct x86_mem mem)
{
	static const __u32 zero_extend[9] = {
		[1] = 0x0fb6, [2] = 0x0fb7, [4] = 0x8b, [8] = 0x8b,
	};
	static const __u32 sign_extend[9] = {
		[1] = 0x0fbe, [2] = 0x0fbf, [4] = 0x63,
	};

	x86_mem_op(c, sign || size == 8, dst, mem,
		   sign ? sign_extend[size] : zero_extend[size], false);
}

void x86_store(struct x86_code *c, int size, struct x86_mem mem,
	       enum x86_reg src)
{
	if (size == 2)
		x86_byte(c, 0x66);
	x86_mem_op(c, size == 8, src, mem, size == 1 ? 0x88 : 0x89, size == 1);
}

void x86_store_imm(struct x86_code *c, int size, struct x86_mem mem, __s32 imm)
{
	int k;

	if (size == 2)
		x86_byte(c, 0x66);
	x86_mem_op(c, size == 8, 0, mem, size == 1 ? 0xc6 : 0xc7, false);
	for (k = 0; k < (size < 4 ? size : 4); k++)
		x86_byte(c, (__u8)((__u32)imm >> 8 * k));
}

void x86_alu_mem(struct x86_code *c, enum x86_alu op, enum x86_reg dst,
		 struct x86_mem mem)
{
	x86_mem_op(c, true, dst, mem, op | 2, false);
}

void x86_mul_mem(struct x86_code *c, enum x86_reg dst, struct x86_mem mem,
		 __s32 imm)
{
	x86_mem_op(c, true, dst, mem, 0x69, false);
	x86_put32(c, imm);
}

void x86_lea(struct x86_code *c, bool wide, enum x86_reg dst,
	     struct x86_mem mem)
{
	x86_mem_op(c, wide, dst, mem, 0x8d, false);
}

void x86_cmov(struct x86_code *c, enum x86_cond cond, enum x86_reg dst,
	      enum x86_reg src)
{
	x86_rex(c, true, dst, NO_INDEX, src, false);
	x86_byte(c, 0x0f);
	x86_byte(c, 0x40 | cond);
	x86_modrm(c, dst, src);
}

void x86_setcc(struct x86_code *c, enum x86_cond cond, enum x86_reg dst)
{
	x86_rex(c, false, 0, NO_INDEX, dst, true);
	x86_byte(c, 0x0f);
	x86_byte(c, 0x90 | cond);
	x86_modrm(c, 0, dst);
}

void x86_cmp_mem_imm(struct x86_code *c, struct x86_mem mem, __s8 imm)
{
	x86_mem_op(c, false, 7, mem, 0x83, false);
	x86_byte(c, (__u8)imm);
}

void x86_push(struct x86_code *c, enum x86_reg reg)
{
	x86_rex(c, false, 0, NO_INDEX, reg, false);
	x86_byte(c, 0x50 | (reg & 7));
}

void x86_pop(struct x86_code *c, enum x86_reg reg)
{
	x86_rex(c, false, 0, NO_INDEX, reg, false);
	x86_byte(c, 0x58 | (reg & 7));
}

void x86_ret(struct x86_code *c)
{
	x86_byte(c, 0xc3);
}

static void x86_relative(struct x86_code *c, __u32 target)
{
	x86_put32(c, target - (c->at + 4));
}

void x86_jmp(struct x86_code *c, __u32 target)
{
	x86_byte(c, 0xe9);
	x86_relative(c, target);
}

void x86_jcc(struct x86_code *c, enum x86_cond cond, __u32 target)
{
	x86_byte(c, 0x0f);
	x86_byte(c, 0x80 | cond);
	x86_relative(c, target);
}

__u32 x86_jmp_ahead(struct x86_code *c)
{
	x86_jmp(c, 0);
	return c->at;
}

__u32 x86_jcc_ahead(struct x86_code *c, enum x86_cond cond)
{
	x86_jcc(c, cond, 0);
	return c->at;
}

void x86_land(struct x86_code *c, __u32 jump)
{
	struct x86_code there = { .bytes = c->bytes, .at = jump - 4 };

	x86_put32(&there, c->at - jump);
}

void x86_call(struct x86_code *c, __u32 target)
{
	x86_byte(c, 0xe8);
	x86_relative(c, target);
}

void x86_call_reg(struct x86_code *c, enum x86_reg reg)
{
	x86_rex(c, false, 0, NO_INDEX, reg, false);
	x86_byte(c, 0xff);
	x86_modrm(c, 2, reg);
}
