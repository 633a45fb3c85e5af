// SPDX-License-Identifier: GPL-2.0-only
/*
 * Broken objects: every prefix of one, and one with any one bit flipped, is
 * refused or works, and never makes the library misbehave. It takes the
 * sanitizers that this is built with to see the latter.
 */
#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#include "linked.h"
#include "shape.h"
#include "test.h"

static bool documented(int err)
{
	return err == 0 || err == -ENOEXEC || err == -EOPNOTSUPP ||
	       err == -EMSGSIZE || err == -EINVAL || err == -ENOENT;
}

/* Uses all there is of an object. */
static int use_object(struct lambda_object *obj)
{
	struct lambda_variable var;
	struct lambda_function func;
	struct lambda_program *prog;
	const char *name;
	char why[512];
	unsigned int i, k;
	int err, worst = 0;

	for (i = 0; !lambda_object__variable(obj, i, &var); i++)
		worst |= !var.name;
	for (i = 0; (name = lambda_object__program_name(obj, i)); i++) {
		err = lambda_object__program(obj, name, why, sizeof(why),
					     &prog);
		if (!documented(err))
			return err;
		for (k = 0; !err; k++)
			err = lambda_program__function(prog, k, &func);
		if (k > 0 && lambda_program__check(prog, why, sizeof(why)))
			worst = -EINVAL;
	}
	return worst;
}

static int try_image(const unsigned char *image, size_t size)
{
	struct lambda_object *obj;
	char why[512] = "";
	int err;

	err = lambda_object__open_mem("broken", image, size, why, sizeof(why),
				      &obj);
	if (err)
		return *why ? err : 1;
	err = use_object(obj);
	lambda_object__close(obj);
	return err;
}

static void test_prefixes(const char *name, const unsigned char *image,
			  size_t size)
{
	size_t len, accepted = 0, undocumented = 0;

	for (len = 0; len < size; len++) {
		int err = try_image(image, len);

		accepted += err == 0;
		undocumented += !documented(err);
	}
	test_ok(accepted == 0, "%s: no prefix is taken", name);
	test_ok(undocumented == 0, "%s: prefixes give documented errors", name);
}

static void test_flips(const char *name, unsigned char *image, size_t size)
{
	size_t bit, undocumented = 0, refused = 0;

	for (bit = 0; bit < size * 8; bit++) {
		int err;

		image[bit / 8] ^= 1 << bit % 8;
		err = try_image(image, size);
		image[bit / 8] ^= 1 << bit % 8;
		refused += err != 0;
		undocumented += !documented(err);
	}
	test_ok(undocumented == 0, "%s: flipped bits give documented errors",
		name);
	test_ok(refused > size / 8, "%s: %zu of %zu flipped bits are refused",
		name, refused, size * 8);
}

/* Without the last zero, the last string would go on behind the section. */
static void test_strings(const char *name, unsigned char *image, size_t size)
{
	const __u16 magic = BTF_MAGIC;
	unsigned char *at = memmem(image, size, &magic, sizeof(magic));
	struct lambda_object *obj;
	struct btf_header head;
	char why[512] = "";
	int err;

	memcpy(&head, at, sizeof(head));
	at += head.hdr_len + head.str_off + head.str_len - 1;
	*at = 'x';
	err = lambda_object__open_mem(name, image, size, why, sizeof(why),
				      &obj);
	*at = '\0';
	test_ok(err == -ENOEXEC && strstr(why, ".BTF"),
		"%s: strings without an end: %s", name, why);
}

static void test_object(const char *name)
{
	unsigned char *image;
	size_t size;

	image = read_file(object_path(name), &size);
	test_ok(try_image(image, size) == 0, "%s: is taken whole", name);
	test_prefixes(name, image, size);
	test_strings(name, image, size);
	test_flips(name, image, size);
	free(image);
}

/* Everything of a small object that the tests below change a part of. */
struct small {
	struct shape shape;
	struct bytes strings, symbols;
	unsigned int symtab;
};

static void small_begin(struct small *small, const void *code, size_t size)
{
	memset(small, 0, sizeof(*small));
	shape_begin(&small->shape);
	shape_add(&small->shape, "lambda/x", SHT_PROGBITS,
		  SHF_ALLOC | SHF_EXECINSTR, code, size);
	put_string(&small->strings, "");
	put_symbol(&small->symbols, 0, 0, 0, 0, 0);
	put_symbol(&small->symbols, put_string(&small->strings, "x"),
		   ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 1, 0, size);
}

static void small_symbols(struct small *small)
{
	small->symtab = shape_symbols(&small->shape, &small->strings,
				      &small->symbols);
}

/* The program of it is refused, saying that. */
static void small_end(struct small *small, const char *name, const char *says)
{
	struct lambda_object *obj = NULL;
	struct lambda_program *prog;
	unsigned char *image;
	char why[512] = "";
	size_t size;
	int err;

	image = shape_end(&small->shape, &size);
	err = lambda_object__open_mem(name, image, size, why, sizeof(why),
				      &obj);
	if (!err)
		err = lambda_object__program(obj, "x", why, sizeof(why), &prog);
	test_ok(says ? err == -ENOEXEC && strstr(why, says) : !err, "%s: %d, %s",
		name, err, why);
	if (obj)
		lambda_object__close(obj);
	free(image);
	free(small->strings.at);
	free(small->symbols.at);
}

static const unsigned char code_exit[] = {
	0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0,
};

/* A relocation of the second half of a load, with a call behind it. */
static void test_half(int callee)
{
	struct small small;
	struct bytes code = { 0 };
	const Elf64_Rel rel = { 8, ELF64_R_INFO(2, 10) };
	unsigned int relocs;

	put_insn(&code, 0x18, 0, 0);
	put_insn(&code, 0x85, 0, 0);
	put_insn(&code, 0x85, 0x10, callee);
	put_insn(&code, 0x95, 0, 0);
	small_begin(&small, code.at, code.len);
	put_symbol(&small.symbols, put_string(&small.strings, "memcpy"),
		   ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), 0, 0, 0);
	small_symbols(&small);
	relocs = shape_add(&small.shape, ".rel", SHT_REL, 0, &rel, sizeof(rel));
	shape_header(&small.shape, relocs)->sh_link = small.symtab;
	shape_header(&small.shape, relocs)->sh_info = 1;
	small_end(&small, "half", "relocation of half an instruction");
	free(code.at);
}

/* Types over the end of the strings, into which a size would be written. */
static void test_overlap(void)
{
	struct small small;
	struct bytes all = { 0 };
	const struct btf_type last = {
		.name_off = 1, .info = BTF_KIND_DATASEC << 24,
	};
	struct btf_header head = {
		.magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(head),
		.type_off = 5, .type_len = sizeof(last), .str_len = 17,
	};

	small_begin(&small, code_exit, sizeof(code_exit));
	small_symbols(&small);
	shape_header(&small.shape,
		     shape_add(&small.shape, "BBB", SHT_NOBITS, 0, NULL, 0))
		->sh_size = 0x4242424242424242;
	put(&all, &head, sizeof(head));
	put(&all, "\0BBB", 5);
	put(&all, &last, sizeof(last));
	shape_add(&small.shape, ".BTF", SHT_PROGBITS, 0, all.at, all.len);
	small_end(&small, "overlap", "malformed: section .BTF");
	free(all.at);
}

static void test_variable(__u64 value, __u64 size, const char *says)
{
	const __u64 zero = 0;
	struct small small;
	unsigned int data;

	small_begin(&small, code_exit, sizeof(code_exit));
	data = shape_add(&small.shape, ".data", SHT_PROGBITS,
			 SHF_ALLOC | SHF_WRITE, &zero, sizeof(zero));
	put_symbol(&small.symbols, put_string(&small.strings, "v"),
		   ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), data, value, size);
	small_symbols(&small);
	small_end(&small, "variable", says);
}

/* A table that ends within an entry is not one of no entries. */
static void test_odd(void)
{
	const Elf64_Rel rel[2] = { { 0, ELF64_R_INFO(1, 10) } };
	struct small small;
	unsigned int relocs;

	small_begin(&small, code_exit, sizeof(code_exit));
	small_symbols(&small);
	relocs = shape_add(&small.shape, ".rel", SHT_REL, 0, &rel, 17);
	shape_header(&small.shape, relocs)->sh_link = small.symtab;
	shape_header(&small.shape, relocs)->sh_info = 1;
	small_end(&small, "odd relocations",
		  "malformed: relocations of section lambda/x");
	small_begin(&small, code_exit, sizeof(code_exit));
	put(&small.symbols, "x", 1);
	small_symbols(&small);
	small_end(&small, "odd symbols", "malformed: symbol table");
}

/* Sizes that would be small in 32 bits. */
static void test_wide(__u64 align, __u64 size, int err, const char *says)
{
	struct lambda_object *obj;
	struct small small;
	unsigned char *image;
	unsigned int bss;
	char why[512];
	size_t len;

	small_begin(&small, code_exit, sizeof(code_exit));
	small_symbols(&small);
	bss = shape_add(&small.shape, ".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE,
			NULL, 0);
	shape_header(&small.shape, bss)->sh_addralign = align;
	shape_header(&small.shape, bss)->sh_size = size;
	image = shape_end(&small.shape, &len);
	test_ok(lambda_object__open_mem("wide", image, len, why, sizeof(why),
					&obj) == err && strstr(why, says),
		"wide: %s", why);
	free(image);
	free(small.strings.at);
	free(small.symbols.at);
}

static void test_byte_order(void)
{
	struct lambda_object *obj;
	unsigned char *image;
	char why[512];
	size_t size;

	image = read_file(object_path("tests/calls"), &size);
	image[EI_DATA] = ELFDATA2MSB;
	test_ok(lambda_object__open_mem("big", image, size, why, sizeof(why),
					&obj) == -ENOEXEC &&
		strstr(why, "of the other byte order"), "byte order: %s", why);
	free(image);
}

static void test_shapes(void)
{
	test_half(0x7fffffff);
	test_half(300);
	test_overlap();
	test_variable(0, 8, NULL);
	test_variable(8, 0, NULL);
	test_variable(8, 1, "variable v has no proper place in section .data");
	test_variable(~7ull, 8, "variable v has no proper place");
	test_variable(0x31414141, 1ull << 63, "variable v has no proper place");
	test_odd();
	test_wide(1ull << 32, 8, -ENOEXEC, "an alignment of 4294967296");
	test_wide(8, (1ull << 32) + 8, -EMSGSIZE, "has 4294967304 bytes");
	test_byte_order();
}

static void test_size(void)
{
	const size_t size = (64 << 20) + 1;
	void *image = calloc(1, size);
	struct lambda_object *obj;

	test_ok(image && lambda_object__open_mem("large", image, size, NULL, 0,
						 &obj) == -EFBIG,
		"64 MiB and a byte are -EFBIG");
	test_ok(image && lambda_object__open_mem("large", image, size - 1, NULL,
						 0, &obj) == -ENOEXEC,
		"64 MiB are not");
	free(image);
}

int main(void)
{
	test_object("tests/calls");
	test_object("tests/globals");
	test_object("tests/options");
	test_object("tests/types");
	test_shapes();
	test_size();
	return test_done();
}
