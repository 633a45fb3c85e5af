// SPDX-License-Identifier: GPL-2.0-only
// package: libtommath
// sources: bn_cutoffs.c bn_mp_add.c bn_mp_add_d.c bn_mp_clamp.c bn_mp_clear.c
// sources: bn_mp_clear_multi.c bn_mp_cmp.c bn_mp_cmp_d.c bn_mp_cmp_mag.c
// sources: bn_mp_cnt_lsb.c bn_mp_copy.c bn_mp_count_bits.c bn_mp_div.c
// sources: bn_mp_div_2.c bn_mp_div_2d.c bn_mp_div_3.c bn_mp_div_d.c
// sources: bn_mp_dr_is_modulus.c bn_mp_dr_reduce.c bn_mp_dr_setup.c
// sources: bn_mp_exch.c bn_mp_exptmod.c bn_mp_from_ubin.c bn_mp_gcd.c
// sources: bn_mp_grow.c bn_mp_init.c bn_mp_init_copy.c bn_mp_init_multi.c
// sources: bn_mp_init_size.c bn_mp_init_set.c bn_mp_invmod.c bn_mp_lshd.c
// sources: bn_mp_mod.c bn_mp_mod_2d.c bn_mp_mod_d.c bn_mp_abs.c
// sources: bn_mp_montgomery_calc_normalization.c bn_mp_montgomery_reduce.c
// sources: bn_mp_montgomery_setup.c bn_mp_mul.c bn_mp_mul_2.c bn_mp_mul_2d.c
// sources: bn_mp_mul_d.c bn_mp_mulmod.c bn_mp_radix_size.c bn_mp_radix_smap.c
// sources: bn_mp_read_radix.c bn_mp_reduce.c bn_mp_reduce_2k.c
// sources: bn_mp_reduce_2k_l.c bn_mp_reduce_2k_setup.c
// sources: bn_mp_reduce_2k_setup_l.c bn_mp_reduce_is_2k.c
// sources: bn_mp_reduce_is_2k_l.c bn_mp_reduce_setup.c bn_mp_rshd.c
// sources: bn_mp_set.c bn_mp_sqr.c bn_mp_sub.c bn_mp_sub_d.c bn_mp_to_radix.c
// sources: bn_mp_to_ubin.c bn_mp_ubin_size.c bn_mp_zero.c bn_mp_2expt.c
// sources: bn_mp_neg.c bn_mp_set_u32.c bn_mp_get_mag_u64.c bn_mp_init_u32.c
// sources: bn_s_mp_add.c bn_s_mp_balance_mul.c bn_s_mp_exptmod.c
// sources: bn_s_mp_exptmod_fast.c bn_s_mp_get_bit.c bn_s_mp_invmod_fast.c
// sources: bn_s_mp_invmod_slow.c bn_s_mp_karatsuba_mul.c
// sources: bn_s_mp_karatsuba_sqr.c bn_s_mp_montgomery_reduce_fast.c
// sources: bn_s_mp_mul_digs.c bn_s_mp_mul_digs_fast.c bn_s_mp_mul_high_digs.c
// sources: bn_s_mp_mul_high_digs_fast.c bn_s_mp_reverse.c bn_s_mp_sqr.c
// sources: bn_s_mp_sqr_fast.c bn_s_mp_sub.c bn_s_mp_toom_mul.c
// sources: bn_s_mp_toom_sqr.c
// flags: -I. -DMP_NO_FILE
// input: text 4K
/* Multiplies, divides and exponentiates long numbers. */
#include <tommath.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	mp_int a, b, c, d;
	char text[4096];
	size_t size;

	put64(mp_init_multi(&a, &b, &c, &d, NULL));
	put64(mp_from_ubin(&a, in, len / 2));
	put64(mp_from_ubin(&b, in + len / 2, len / 2));
	put64(mp_mul(&a, &b, &c));
	put64(mp_div(&c, &a, &d, &c));
	put64(mp_cmp(&d, &b));
	put64(mp_mod_2d(&a, 1024, &a));
	put64(mp_mod_2d(&b, 1024, &b));
	put64(mp_add_d(&b, !(in[len / 2 * 2 - 1] & 1), &b));
	put64(mp_exptmod(&a, &b, &b, &c));
	put64(mp_to_radix(&c, text, sizeof(text), &size, 10));
	put(text, size);
	put64(mp_gcd(&a, &b, &c));
	put64(mp_to_radix(&c, text, sizeof(text), &size, 16));
	put(text, size);
	mp_clear_multi(&a, &b, &c, &d, NULL);
}
