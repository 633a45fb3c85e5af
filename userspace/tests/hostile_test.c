// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects that are made to take long or much memory: whatever one of a megabyte
 * holds, `lambda info` ends within two seconds and 64 MiB, at a limit that it
 * names or with all it has to tell. The command is the one without sanitizers.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shape.h"
#include "test.h"

#define MIB		1048576u
#define SECONDS_MOST	2.0
#define BYTES_MOST	(64ul << 20)

#define FUNC		ELF64_ST_INFO(STB_GLOBAL, STT_FUNC)
#define OBJECT		ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT)
#define CODE_FLAGS	(SHF_ALLOC | SHF_EXECINSTR)
#define DATA_FLAGS	(SHF_ALLOC | SHF_WRITE)

struct parts {
	struct shape shape;
	struct bytes code, strings, symbols, types, debug, blocks;
};

static void add_exit(struct bytes *code)
{
	put_insn(code, 0xb7, 0, 0);
	put_insn(code, 0x95, 0, 0);
}

/* Begins with a program in section 1 of at least the given instructions. */
static void begin(struct parts *parts, size_t insns)
{
	memset(parts, 0, sizeof(*parts));
	shape_begin(&parts->shape);
	for (; insns > 2; insns--)
		put_insn(&parts->code, 0xb7, 0, 0);
	add_exit(&parts->code);
	put_string(&parts->strings, "");
	put_string(&parts->debug, "");
	put_symbol(&parts->symbols, 0, 0, 0, 0, 0);
	shape_add(&parts->shape, "lambda/x", SHT_PROGBITS, CODE_FLAGS,
		  parts->code.at, parts->code.len);
}

static void add_program(struct parts *parts, const char *name)
{
	put_symbol(&parts->symbols, put_string(&parts->strings, name), FUNC, 1,
		   0, parts->code.len);
}

static void add_programs(struct parts *parts, size_t count, int width)
{
	char name[600];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%0*zu", width, i);
		add_program(parts, name);
	}
}

static unsigned char *end(struct parts *parts, size_t *size)
{
	if (parts->debug.len > 1)
		shape_btf(&parts->shape, &parts->types, &parts->debug);
	if (parts->blocks.len)
		shape_lines(&parts->shape, &parts->blocks);
	free(parts->code.at);
	free(parts->strings.at);
	free(parts->symbols.at);
	free(parts->types.at);
	free(parts->debug.at);
	free(parts->blocks.at);
	return shape_end(&parts->shape, size);
}

static unsigned int symbols(struct parts *parts)
{
	return shape_symbols(&parts->shape, &parts->strings, &parts->symbols);
}

static char *repeat(char c, size_t count)
{
	char *text = calloc(1, count + 1);

	if (!text)
		exit(1);
	memset(text, c, count);
	return text;
}

static void distinct(struct parts *parts)
{
	begin(parts, 2);
	add_programs(parts, MIB / 32, 6);
	symbols(parts);
}

static void programs(struct parts *parts)
{
	begin(parts, 2);
	add_programs(parts, 256, 511);
	symbols(parts);
}

static void aliases(struct parts *parts)
{
	begin(parts, 131072);
	add_programs(parts, 256, 6);
	symbols(parts);
}

static void same_name(struct parts *parts)
{
	size_t i;

	begin(parts, 2);
	add_programs(parts, 1, 511);
	for (i = 0; i < 20000; i++)
		put_symbol(&parts->symbols, 1, FUNC, 1, 0, 16);
	symbols(parts);
}

/* Strings whose only end is far away. */
static void far_end(struct parts *parts)
{
	char *name = repeat('A', MIB / 2);
	size_t i;

	begin(parts, 2);
	add_programs(parts, 1, 1);
	for (i = 0; i < MIB / 2 / 24; i++)
		put_symbol(&parts->symbols, parts->strings.len, 0, 0, 0, 0);
	put_string(&parts->strings, name);
	symbols(parts);
	free(name);
}

static void no_end(struct parts *parts)
{
	begin(parts, 2);
	add_programs(parts, 1, 1);
	put(&parts->strings, "x", 1);
	symbols(parts);
}

static void many_sections(struct parts *parts, size_t count, int width)
{
	char name[600];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%0*zu", width, i);
		shape_add(&parts->shape, name, SHT_PROGBITS, 0, "", 0);
	}
}

static void sections(struct parts *parts)
{
	begin(parts, 2);
	add_programs(parts, 1, 1);
	symbols(parts);
	many_sections(parts, 4096, 4);
}

static void add_block(struct parts *parts, unsigned int name,
		      unsigned int count, unsigned int file)
{
	unsigned int i;

	put_u32(&parts->blocks, name);
	put_u32(&parts->blocks, count);
	for (i = 0; i < count; i++) {
		put_u32(&parts->blocks, i % 2 * 8);
		put_u32(&parts->blocks, file);
		put_u32(&parts->blocks, 0);
		put_u32(&parts->blocks, 1 << 10);
	}
}

/* Blocks of a line each, of the last of many sections. */
static void blocks(struct parts *parts)
{
	char name[600];
	size_t i, section;

	begin(parts, 2);
	add_programs(parts, 1, 1);
	symbols(parts);
	many_sections(parts, 4000, 60);
	snprintf(name, sizeof(name), "%060d", 3999);
	section = put_string(&parts->debug, name);
	for (i = 0; i < MIB / 2 / 24; i++)
		add_block(parts, section, 1, section);
}

static void empty_blocks(struct parts *parts)
{
	size_t i, section;

	begin(parts, 2);
	add_programs(parts, 1, 1);
	symbols(parts);
	section = put_string(&parts->debug, "lambda/x");
	for (i = 0; i < MIB / 8; i++)
		add_block(parts, section, 0, 0);
}

/* Lines of a file whose name is that of a header, and long. */
static void lines(struct parts *parts, unsigned int count)
{
	char *name = repeat('h', 4000);
	size_t file, section;

	memcpy(name + 3998, ".h", 2);
	begin(parts, 131072);
	add_programs(parts, 4, 1);
	symbols(parts);
	section = put_string(&parts->debug, "lambda/x");
	file = put_string(&parts->debug, name);
	add_block(parts, section, count, file);
	free(name);
}

static void header_lines(struct parts *parts)
{
	lines(parts, MIB / 16);
}

static void more_lines(struct parts *parts)
{
	lines(parts, MIB + 1);
}

/* A program of 256 functions with many lines each. */
static void functions(struct parts *parts)
{
	size_t i, section;

	memset(parts, 0, sizeof(*parts));
	shape_begin(&parts->shape);
	for (i = 0; i < 255; i++)
		put_insn(&parts->code, 0x85, 0x10, 256 + i);
	for (i = 0; i < 256; i++)
		add_exit(&parts->code);
	put_string(&parts->strings, "");
	put_string(&parts->debug, "");
	put_symbol(&parts->symbols, 0, 0, 0, 0, 0);
	shape_add(&parts->shape, "lambda/x", SHT_PROGBITS, CODE_FLAGS,
		  parts->code.at, parts->code.len);
	put_symbol(&parts->symbols, put_string(&parts->strings, "x"), FUNC, 1,
		   0, 255 * 8 + 16);
	for (i = 0; i < 255; i++)
		put_symbol(&parts->symbols, 1,
			   ELF64_ST_INFO(STB_LOCAL, STT_FUNC), 1,
			   255 * 8 + 16 * (i + 1), 16);
	symbols(parts);
	section = put_string(&parts->debug, "lambda/x");
	add_block(parts, section, MIB / 16,
		  put_string(&parts->debug, "a.h"));
}

/* Variables of one long name, and a list of them in the debug info. */
static void variables(struct parts *parts)
{
	struct btf_type var = { .info = BTF_KIND_VAR << 24 };
	struct btf_type datasec = { .info = BTF_KIND_DATASEC << 24 | 30000 };
	char *name = repeat('v', 500);
	size_t at, i;

	begin(parts, 2);
	add_programs(parts, 1, 1);
	at = put_string(&parts->strings, name);
	for (i = 0; i < 20000; i++)
		put_symbol(&parts->symbols, at, OBJECT, 2, 0, 8);
	shape_add(&parts->shape, ".data", SHT_PROGBITS, DATA_FLAGS,
		  &(long){ 0 }, 8);
	symbols(parts);
	var.name_off = put_string(&parts->debug, name);
	datasec.name_off = put_string(&parts->debug, ".data");
	put(&parts->types, &var, sizeof(var));
	put_u32(&parts->types, 0);
	put(&parts->types, &datasec, sizeof(datasec));
	for (i = 0; i < 30000; i++) {
		put_u32(&parts->types, 1);
		put_u32(&parts->types, 0);
		put_u32(&parts->types, 0);
	}
	free(name);
}

static void more_symbols(struct parts *parts)
{
	size_t i;

	begin(parts, 2);
	add_programs(parts, 1, 1);
	for (i = 0; i < 65536; i++)
		put_symbol(&parts->symbols, 0, 0, 0, 0, 0);
	symbols(parts);
}

/* @count relocations of .data, each of the address of .data. */
static unsigned int relocations(struct parts *parts, size_t count)
{
	struct bytes data = { 0 }, relocs = { 0 };
	unsigned int table, section, i;

	begin(parts, 2);
	add_programs(parts, 1, 1);
	for (i = 0; i < count; i++) {
		const Elf64_Rel rel = {
			.r_offset = i % 1000 * 8,
			.r_info = ELF64_R_INFO(2, 2),
		};

		put(&relocs, &rel, sizeof(rel));
	}
	for (i = 0; i < 1000; i++)
		put(&data, &(long){ 0 }, 8);
	section = shape_add(&parts->shape, ".data", SHT_PROGBITS, DATA_FLAGS,
			    data.at, data.len);
	put_symbol(&parts->symbols, 0, ELF64_ST_INFO(STB_LOCAL, STT_SECTION),
		   section, 0, 0);
	table = symbols(parts);
	section = shape_add(&parts->shape, ".rel.data", SHT_REL, 0, relocs.at,
			    relocs.len);
	shape_header(&parts->shape, section)->sh_link = table;
	shape_header(&parts->shape, section)->sh_info = 2;
	free(data.at);
	free(relocs.at);
	return section;
}

static void many_relocs(struct parts *parts)
{
	relocations(parts, MIB / 16);
}

static void more_relocs(struct parts *parts)
{
	relocations(parts, MIB + 1);
}

static void shared_relocs(struct parts *parts)
{
	unsigned int section = relocations(parts, MIB / 32);

	shape_repeat(&parts->shape, section, 3000);
}

static void relocs_twice(struct parts *parts)
{
	unsigned int section = relocations(parts, 1000);
	Elf64_Shdr first = *shape_header(&parts->shape, section);

	section = shape_add(&parts->shape, ".rel.data", SHT_REL, 0, "", 0);
	shape_header(&parts->shape, section)->sh_link = first.sh_link;
	shape_header(&parts->shape, section)->sh_info = first.sh_info;
}

static const struct {
	const char *name;
	void (*make)(struct parts *parts);
	int code;		/* of lambda info */
	const char *says;
} kinds[] = {
	{ "distinct", distinct, 3, "more than 256 programs" },
	{ "programs", programs, 0, "passes the load-time check" },
	{ "aliases", aliases, 3, "more than 4194304 instructions in all" },
	{ "same name", same_name, 3, "more than 256 programs" },
	{ "far end", far_end, 3, "no name of at most 512 bytes" },
	{ "no end", no_end, 3, "strings of section" },
	{ "sections", sections, 3, "more than 4096 sections" },
	{ "blocks", blocks, 0, "passes the load-time check" },
	{ "empty blocks", empty_blocks, 3, "malformed: section .BTF.ext" },
	{ "header lines", header_lines, 0, "passes the load-time check" },
	{ "more lines", more_lines, 3, "more than 1048576 lines" },
	{ "functions", functions, 0, "passes the load-time check" },
	{ "variables", variables, 0, "passes the load-time check" },
	{ "more symbols", more_symbols, 3, "more than 65536 symbols" },
	{ "relocations", many_relocs, 0, "passes the load-time check" },
	{ "more relocations", more_relocs, 3, "more than 1048576 relocations" },
	{ "shared relocations", shared_relocs, 3, "lie over each other" },
	{ "relocations twice", relocs_twice, 3, "has relocations twice" },
};

static char object[32], output[32];

/* A new file; its path goes to @path. */
static bool make_file(char path[32])
{
	int fd;

	snprintf(path, 32, "/tmp/hostile-XXXXXX");
	fd = mkstemp(path);
	return fd >= 0 && !close(fd);
}

static void write_object(void (*make)(struct parts *parts))
{
	struct parts parts;
	unsigned char *image;
	size_t size;
	FILE *file = fopen(object, "w");

	make(&parts);
	image = end(&parts, &size);
	if (!file || fwrite(image, 1, size, file) != size || fclose(file))
		exit(1);
	free(image);
}

/* Runs it with as much memory as it may have, and ten times the time. */
static int run(struct rusage *usage)
{
	const struct rlimit time = { 10 * SECONDS_MOST, 10 * SECONDS_MOST };
	const struct rlimit memory = { BYTES_MOST, BYTES_MOST };
	char command[4096];
	int status, fd;
	pid_t child;

	snprintf(command, sizeof(command), "%s/lambda", getenv("BPF_OBJECTS"));
	fflush(stdout);
	child = fork();
	if (child == 0) {
		fd = open(output, O_WRONLY | O_TRUNC);
		setrlimit(RLIMIT_CPU, &time);
		setrlimit(RLIMIT_DATA, &memory);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execl(command, "lambda", "info", object, NULL);
		_exit(99);
	}
	if (child < 0 || wait4(child, &status, 0, usage) < 0)
		exit(1);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool said(const char *text)
{
	static char all[4 << 20];
	FILE *file = fopen(output, "r");
	size_t len;

	if (!file)
		exit(1);
	len = fread(all, 1, sizeof(all) - 1, file);
	all[len] = '\0';
	fclose(file);
	return strstr(all, text);
}

static double seconds(const struct timeval *time)
{
	return time->tv_sec + time->tv_usec / 1e6;
}

int main(void)
{
	struct rusage usage;
	double took;
	size_t i;
	int code;

	if (!make_file(object) || !make_file(output))
		return 1;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		write_object(kinds[i].make);
		code = run(&usage);
		test_ok(code == kinds[i].code && said(kinds[i].says),
			"%s: %d, and says '%s'", kinds[i].name, code,
			kinds[i].says);
		took = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
		test_ok(took < SECONDS_MOST, "%s: takes %.2f s", kinds[i].name,
			took);
	}
	unlink(object);
	unlink(output);
	return test_done();
}
