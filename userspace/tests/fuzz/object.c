// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes what takes objects: the library with all it tells of them, and the two
 * engines that run their programs here, which have to agree in everything. It
 * takes the sanitizers that this is built with to see where one misbehaves.
 */
#include <elf.h>
#include <fcntl.h>
#include <local.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOG_SIZE	1024
#define PROGRAMS_MOST	8	/* of an object */
#define INPUT		200
#define OUT_CAP		256
#define BUDGET		60
#define MEMORY_MOST	(64u << 10)	/* of heap, and of globals */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed);

/* All that a run leaves behind. */
struct outcome {
	ssize_t len;
	struct sbpf_run run;
	unsigned char out[OUT_CAP];
	unsigned char data[MEMORY_MOST + 2 * SBPF_PAGE_SIZE];
	unsigned char heap[MEMORY_MOST + SBPF_PAGE_SIZE];
};

static void expect(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz: %s\n", what);
	abort();
}

/* Of a log, too, nothing may reach a terminal. */
static void expect_log(int err, const char *log)
{
	const char *at;

	expect(strnlen(log, LOG_SIZE) < LOG_SIZE, "a log without an end");
	expect(!err || *log, "an error without words");
	for (at = log; *at; at++)
		expect(*at != '\033' && *at != '\r' && *at != '\n',
		       "a log with control characters");
}

static size_t look_at_program(struct lambda_program *prog)
{
	struct lambda_load_attr attr;
	struct lambda_function func;
	unsigned int i, functions = 0;
	size_t count, sum = 0;

	lambda_program__insns(prog, &count);
	lambda_program__attr(prog, &attr);
	for (i = 0; !lambda_program__function(prog, i, &func); i++, functions++)
		sum += strlen(func.name) + (func.file ? strlen(func.file) : 0);
	for (i = 0; i < count; i += 1 + count / 64)
		expect(!lambda_program__locate(prog, i, &func),
		       "an instruction in no function");
	expect(lambda_program__locate(prog, count, &func) < 0,
	       "a function behind the last");
	return sum + strlen(lambda_program__name(prog)) + functions;
}

static void explain(const struct lambda_program *prog, const uint8_t *data,
		    size_t size)
{
	struct lambda_io io = { 0 };
	char why[LOG_SIZE];

	memcpy(&io, data + (size - sizeof(io)), sizeof(io));
	for (io.result.status = 0; io.result.status < 9; io.result.status++) {
		lambda_explain(prog, &io, why, sizeof(why));
		expect_log(-1, why);
	}
}

static void run_once(struct lambda_local *local, int fd,
		     struct outcome *outcome)
{
	static const unsigned char args[32] = { 1, 0, 0, 0, 2, 0, 0, 0, 'x' };
	const struct sbpf_segment *seg = local->window.seg;
	struct lambda_io io = {
		.size = sizeof(io),
		.out_cap = OUT_CAP,
		.args = (uintptr_t)args,
		.args_len = sizeof(args),
	};

	memset(outcome, 0, sizeof(*outcome));
	outcome->len = lambda_local__pread(local, fd, outcome->out, INPUT, 0, &io);
	if (io.result.status == LAMBDA_STATUS_NOT_RUN)
		return;
	outcome->run = local->run;
	memcpy(outcome->data, seg[SBPF_SEG_DATA].mem, seg[SBPF_SEG_DATA].len);
	memcpy(outcome->heap, seg[SBPF_SEG_HEAP].mem, seg[SBPF_SEG_HEAP].len);
}

static bool alike(const struct outcome *a, const struct outcome *b)
{
	return a->len == b->len && a->run.status == b->run.status &&
	       a->run.retval == b->run.retval &&
	       a->run.fault_addr == b->run.fault_addr &&
	       a->run.fault_write == b->run.fault_write &&
	       a->run.where == b->run.where && a->run.insns == b->run.insns &&
	       a->run.budget_used == b->run.budget_used &&
	       !memcmp(a->out, b->out, sizeof(a->out)) &&
	       !memcmp(a->data, b->data, sizeof(a->data)) &&
	       !memcmp(a->heap, b->heap, sizeof(a->heap));
}

static int input_file(void)
{
	int fd = memfd_create("input", MFD_CLOEXEC), i;
	unsigned char bytes[INPUT];

	for (i = 0; i < INPUT; i++)
		bytes[i] = i % 7 ? 'a' + i % 26 : i % 3 ? '\n' : i;
	expect(fd >= 0 && write(fd, bytes, INPUT) == INPUT, "no input");
	return fd;
}

static void run_both_ways(const struct lambda_program *prog)
{
	static struct outcome translated, interpreted;
	static int fd = -1;
	struct lambda_load_attr attr;
	struct lambda_local *local;
	char why[LOG_SIZE];
	int err;

	if (fd < 0)
		fd = input_file();
	lambda_program__attr(prog, &attr);
	if (attr.rodata_len + attr.data_len + attr.bss_len > MEMORY_MOST)
		return;
	if (attr.heap_len > MEMORY_MOST)
		attr.heap_len = MEMORY_MOST;
	attr.budget = BUDGET;
	attr.flags |= LAMBDA_ATTR_BUDGET;
	err = lambda_local__open(prog, &attr, why, sizeof(why), &local);
	if (!err) {
		expect(lambda_local__translated(local),
		       "a program that is not translated");
		run_once(local, fd, &translated);
		sbpf_posix_discard(&local->checked);
		run_once(local, fd, &interpreted);
		expect(alike(&translated, &interpreted),
		       "translated it ends otherwise than interpreted");
	}
	lambda_local__close(local);
}

static void use_program(struct lambda_object *obj, const char *name,
			const uint8_t *data, size_t size)
{
	struct lambda_program *prog;
	char why[LOG_SIZE] = "";
	int err;

	err = lambda_object__program(obj, name, why, sizeof(why), &prog);
	expect_log(err, why);
	if (err)
		return;
	expect(look_at_program(prog), "a program without a name or function");
	explain(prog, data, size);
	err = lambda_program__check(prog, why, sizeof(why));
	expect_log(err, why);
	if (!err)
		run_both_ways(prog);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lambda_object *obj;
	struct lambda_variable var;
	char why[LOG_SIZE] = "";
	size_t sum = 0;
	const char *name;
	unsigned int i;
	int err;

	err = lambda_object__open_mem("fuzz", data, size, why, sizeof(why),
				      &obj);
	expect_log(err, why);
	if (err)
		return 0;
	for (i = 0; !lambda_object__variable(obj, i, &var); i++)
		sum += strlen(var.name) + strlen(var.section);
	for (i = 0; i < PROGRAMS_MOST &&
	     (name = lambda_object__program_name(obj, i)); i++)
		use_program(obj, name, data, size);
	lambda_object__close(obj);
	return 0;
}

/* A place to change: mostly a section, so that what is around it still fits. */
static void choose(const uint8_t *data, size_t size, size_t *at, size_t *len)
{
	Elf64_Ehdr ehdr;
	Elf64_Shdr shdr;
	size_t header;

	*at = 0;
	*len = size;
	if (size < sizeof(ehdr))
		return;
	memcpy(&ehdr, data, sizeof(ehdr));
	if (!ehdr.e_shnum || ehdr.e_shoff > size ||
	    ehdr.e_shnum * sizeof(shdr) > size - ehdr.e_shoff)
		return;
	header = ehdr.e_shoff + rand() % ehdr.e_shnum * sizeof(shdr);
	memcpy(&shdr, data + header, sizeof(shdr));
	if (rand() % 4 == 0) {
		*at = header;
		*len = sizeof(shdr);
	} else if (shdr.sh_type != SHT_NOBITS && shdr.sh_offset < size &&
		   shdr.sh_size <= size - shdr.sh_offset && shdr.sh_size) {
		*at = shdr.sh_offset;
		*len = shdr.sh_size;
	}
	/* An entry of a table, an instruction, a header. */
	if (*len > 64 && rand() % 4) {
		*at += rand() % (*len / 8) * 8;
		*len = 8;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned int seed)
{
	uint8_t part[4096] = { 0 };
	size_t at, len;

	srand(seed);
	if (size > max || rand() % 16 == 0)
		return LLVMFuzzerMutate(data, size, max);
	choose(data, size, &at, &len);
	if (at >= size || !len)
		return LLVMFuzzerMutate(data, size, max);
	if (len > size - at)
		len = size - at;
	if (len > sizeof(part))
		len = sizeof(part);
	memcpy(part, data + at, len);
	LLVMFuzzerMutate(part, len, len);
	memcpy(data + at, part, len);
	return size;
}
