// SPDX-License-Identifier: GPL-2.0-only
// package: mbedtls
// sources: library/aes.c library/gcm.c library/cipher.c library/cipher_wrap.c
// sources: library/sha256.c library/sha512.c library/md5.c library/sha1.c
// sources: library/chacha20.c library/poly1305.c library/chachapoly.c
// sources: library/bignum.c library/base64.c library/platform_util.c
// sources: library/constant_time.c library/ripemd160.c library/camellia.c
// sources: library/aria.c library/des.c
// flags: -Iinclude -UMBEDTLS_AESNI_C -DMBEDTLS_CONFIG_FILE="mbedtls_config.h"
// input: text 64K
/* Hashes, ciphers and a power of long numbers. */
#include <mbedtls/aes.h>
#include <mbedtls/aria.h>
#include <mbedtls/base64.h>
#include <mbedtls/bignum.h>
#include <mbedtls/camellia.h>
#include <mbedtls/chachapoly.h>
#include <mbedtls/des.h>
#include <mbedtls/md5.h>
#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>

#include "corpus.h"

static void hash(const unsigned char *in, size_t len)
{
	unsigned char sum[64];

	put64(mbedtls_md5_ret(in, len, sum));
	put(sum, 16);
	put64(mbedtls_sha1_ret(in, len, sum));
	put(sum, 20);
	put64(mbedtls_sha256_ret(in, len, sum, 0));
	put(sum, 32);
	put64(mbedtls_sha512_ret(in, len, sum, 0));
	put(sum, 64);
}

static void encrypt(const unsigned char *in, size_t len)
{
	static const unsigned char key[32] = "a key of thirty-two bytes, so.";
	unsigned char vector[16] = { 1 }, block[16], tag[16];
	unsigned char *text = malloc(len);
	mbedtls_chachapoly_context chacha;
	mbedtls_camellia_context camellia;
	mbedtls_aria_context aria;
	mbedtls_aes_context aes;

	mbedtls_aes_init(&aes);
	put64(mbedtls_aes_setkey_enc(&aes, key, 256));
	put64(mbedtls_aes_crypt_cbc(&aes, MBEDTLS_AES_ENCRYPT, len & -16ul,
				    vector, in, text));
	put_sum(text, len & -16ul);
	mbedtls_camellia_init(&camellia);
	put64(mbedtls_camellia_setkey_enc(&camellia, key, 192));
	put64(mbedtls_camellia_crypt_ecb(&camellia, MBEDTLS_CAMELLIA_ENCRYPT,
					 in, block));
	put(block, 16);
	mbedtls_aria_init(&aria);
	put64(mbedtls_aria_setkey_enc(&aria, key, 256));
	put64(mbedtls_aria_crypt_ecb(&aria, in, block));
	put(block, 16);
	mbedtls_chachapoly_init(&chacha);
	put64(mbedtls_chachapoly_setkey(&chacha, key));
	put64(mbedtls_chachapoly_encrypt_and_tag(&chacha, len, key, key, 16, in,
						 text, tag));
	put_sum(text, len);
	put(tag, 16);
	free(text);
}

static void exponentiate(const unsigned char *in)
{
	mbedtls_mpi a, e, n, x;
	char text[600];
	size_t size;

	mbedtls_mpi_init(&a);
	mbedtls_mpi_init(&e);
	mbedtls_mpi_init(&n);
	mbedtls_mpi_init(&x);
	put64(mbedtls_mpi_read_binary(&a, in, 128));
	put64(mbedtls_mpi_read_binary(&e, in + 128, 32));
	put64(mbedtls_mpi_read_binary(&n, in + 256, 128));
	put64(mbedtls_mpi_set_bit(&n, 0, 1));
	put64(mbedtls_mpi_exp_mod(&x, &a, &e, &n, NULL));
	put64(mbedtls_mpi_write_string(&x, 16, text, sizeof(text), &size));
	put(text, size);
	mbedtls_mpi_free(&a);
	mbedtls_mpi_free(&e);
	mbedtls_mpi_free(&n);
	mbedtls_mpi_free(&x);
}

static void work(const unsigned char *in, size_t len)
{
	static unsigned char text[8192];
	size_t size = 0;

	hash(in, len);
	encrypt(in, len);
	exponentiate(in);
	put64(mbedtls_base64_encode(text, sizeof(text), &size, in, 3000));
	put(text, size);
}
