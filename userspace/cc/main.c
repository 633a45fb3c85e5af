// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda-cc(1): the command line, which is a compiler's.
 *
 * What it does not know is the front end's.
 */
#include <linux/sbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cc.h"

#define STACK_MIN (4u << 10)	/* of functions that call themselves, in bytes */
#define STACK_MAX (8u << 20)
#define STACK_DEFAULT (256u << 10)
#define HEAP_MIN (4u << 10)	/* of a program that calls malloc(), in bytes */
#define HEAP_DEFAULT (8u << 20)	/* a quarter of what drives often have for a request */

static const char usage[] =
	"Usage: lambda cc [-c] [-o OUTPUT] [OPTION …] FILE …\n"
	"\n"
	"Makes one λ object of C sources and of objects that it made of them.\n"
	"\n"
	"  -o OUTPUT      the object; FILE.o if there is one FILE, else lambda.o\n"
	"  -c             compile only: an object of bitcode for each source\n"
	"  -O0 … -O3, -Os how much is optimised: as -O2, or for size\n"
	"  -mcpu=v3|v4    version of BPF's instructions, v4 unless told\n"
	"  --clang=CLANG  the front end\n"
	"  --stack=BYTES  for functions that call themselves, 256K unless told\n"
	"  --heap=BYTES   for malloc(), 8M unless told or LAMBDA_HEAP() says it\n"
	"  -v             show its commands\n"
	"\n"
	"All other options are the front end's.\n";

/* Options of clang whose value is the next argument. */
static bool cc_main_takes_value(const char *option)
{
	static const char *const options[] = {
		"-I", "-D", "-U", "-include", "-imacros", "-isystem",
		"-iquote", "-idirafter", "-isysroot", "-x", "-Xclang",
		"-mllvm", "-MF", "-MT", "-MQ", "-target", "-arch", "-L", "-l",
	};
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (!strcmp(option, options[i]))
			return true;
	return false;
}

static bool cc_main_ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), tail = strlen(end);

	return length >= tail && !strcmp(name + length - tail, end);
}

static bool cc_main_is_object(const char *file)
{
	return cc_main_ends_with(file, ".o") || cc_main_ends_with(file, ".bc") ||
	       cc_main_ends_with(file, ".ll") || cc_main_ends_with(file, ".a");
}

/* A number of bytes, with K or M behind it if need be, as --@name= has it. */
static __u64 cc_main_size_of(const char *name, const char *text, __u64 min,
			     __u64 max)
{
	char *end;
	__u64 size = strtoull(text, &end, 0);

	if (*end == 'K' || *end == 'M')
		size <<= *end++ == 'K' ? 10 : 20;
	if (end == text || *end || *text == '-' || size < min || size > max)
		cc_die("--%s=%s: between %lluK and %lluM is needed", name, text,
		       min >> 10, max >> 20);
	return size & -16ull;
}

/* Takes options of our own; false for one of the front end's. */
static bool cc_main_own_option(struct cc_options *options, const char *option)
{
	if (!strcmp(option, "-c"))
		options->objects = true;
	else if (!strcmp(option, "-v"))
		options->verbose = true;
	else if (!strncmp(option, "--clang=", 8))
		options->clang = option + 8;
	else if (!strncmp(option, "--stack=", 8))
		options->stack = cc_main_size_of("stack", option + 8, STACK_MIN,
						 STACK_MAX);
	else if (!strncmp(option, "--heap=", 7))
		options->heap = cc_main_size_of("heap", option + 7, HEAP_MIN,
						SBPF_HEAP_MAX);
	else if (!strncmp(option, "-mcpu=", 6))
		options->cpu = option + 6;
	else if (!strcmp(option, "-Os") || !strcmp(option, "-Oz"))
		options->optimize = "Os";
	else if (!strncmp(option, "-O", 2) || !strncmp(option, "-g", 2) ||
		 !strcmp(option, "-flto"))
		return true;
	else
		return false;
	return true;
}

static void cc_main_parse(int argc, char **argv, struct cc_options *options)
{
	size_t flags = 0, files = 0;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help")) {
			fputs(usage, stdout);
			exit(0);
		} else if (!strncmp(argv[i], "-o", 2)) {
			options->output = argv[i][2] ? argv[i] + 2 : argv[++i];
			if (!options->output)
				cc_die("-o needs the name of a file");
		} else if (cc_main_own_option(options, argv[i])) {
			continue;
		} else if (*argv[i] != '-') {
			options->files[files++] = argv[i];
		} else {
			options->flags[flags++] = argv[i];
			if (cc_main_takes_value(argv[i]) && i + 1 < argc)
				options->flags[flags++] = argv[++i];
		}
	}
}

/* NAME.c becomes NAME.o, in the folder where it is made. */
static char *cc_main_object_name(const char *file)
{
	const char *slash = strrchr(file, '/');
	char *name = strdup(slash ? slash + 1 : file), *dot, *ret;

	dot = name ? strrchr(name, '.') : NULL;
	if (dot)
		*dot = '\0';
	if (!name || asprintf(&ret, "%s.o", name) < 0)
		cc_die("out of memory");
	free(name);
	return ret;
}

static void cc_main_check_cpu(const char *cpu)
{
	if (strcmp(cpu, "v3") && strcmp(cpu, "v4"))
		cc_die("-mcpu=%s: v3 or v4 is needed", cpu);
}

static void cc_main_compile_only(const struct cc_options *options)
{
	size_t i;

	if (options->output && options->files[1])
		cc_die("-c with -o makes one object, and there are several files");
	for (i = 0; options->files[i]; i++)
		if (!cc_main_is_object(options->files[i]))
			cc_front_end_to(options, options->files[i],
					options->output ?:
					cc_main_object_name(options->files[i]));
}

static void cc_main_compile(struct cc_options *options)
{
	size_t i;

	if (!options->output)
		options->output =
			options->files[1] ?
				"lambda.o" :
				cc_main_object_name(options->files[0]);
	for (i = 0; options->files[i]; i++)
		if (!cc_main_is_object(options->files[i]))
			options->files[i] = cc_front_end(options,
							 options->files[i]);
	cc_compile(options, options->files);
}

int main(int argc, char **argv)
{
	struct cc_options options = {
		.cpu = "v4",
		.optimize = "O2",
		.stack = STACK_DEFAULT,
		.heap = HEAP_DEFAULT,
	};

	options.flags = calloc(argc + 1, sizeof(*options.flags));
	options.files = calloc(argc + 1, sizeof(*options.files));
	if (!options.flags || !options.files)
		cc_die("out of memory");
	cc_main_parse(argc, argv, &options);
	cc_main_check_cpu(options.cpu);
	if (options.clang)
		cc_front_choose_back_end(options.clang, argv);
	else
		options.clang = cc_front_clang();
	if (!options.files[0])
		cc_die("no files; `lambda cc --help` says more");
	if (options.objects)
		cc_main_compile_only(&options);
	else
		cc_main_compile(&options);
	return 0;
}
