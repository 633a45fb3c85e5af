// SPDX-License-Identifier: GPL-2.0-only
/*
 * Usage: engines OBJECT INPUT OUTPUT [NATIVE [PAIRS]]
 *
 * Runs the one program of OBJECT over INPUT by each engine that there is here.
 * All have to end it alike, to the last instruction and byte. Writes OUTPUT and
 * prints, on a line: status, what the program returned, the address of a fault,
 * instructions. With NATIVE, a shared library of the same sources, the λ has to
 * end well and with its output, and the median follows of what translated code
 * took over what native code took, processor time in PAIRS turns of one after the
 * other.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <lambda.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "platform/posix/sbpf_posix.h"

#define OUT_CAP 1048576u
#define BUDGET (1ull << 36)
#define PAIRS_MAX 1001
#define LONG_ENOUGH 0.005	/* seconds that a clock can tell from others */

enum engine {
	INTERPRETER,
	COMPARED,		/* translated, with each address compared */
	GUARDED,		/* translated, confined by the MMU */
	ENGINES = SBPF_TRANSLATES ? 3 : 1,
};

static const char *const names[] = {
	"the interpreter", "code that compares", "guarded code",
};

struct bytes {
	__u8 *mem;
	size_t len;
};

typedef int native_fn(struct lambda_ctx *ctx);

/**
 * struct subject - a program, and what it is run over
 * @source:  it, for messages
 * @program: it, to be run
 * @attr:    its options and globals
 * @in:      its input
 */
struct subject {
	struct lambda_program *source;
	struct sbpf_program program;
	struct lambda_load_attr attr;
	struct bytes in;
};

__attribute__((noreturn))
static void die(const char *what, const char *why)
{
	fprintf(stderr, "engines: %s: %s\n", what, why);
	exit(2);
}

static struct bytes read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct bytes ret;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(path, strerror(errno));
	ret.len = st.st_size;
	ret.mem = malloc(ret.len + 1);
	if (!ret.mem || read(fd, ret.mem, ret.len) != (ssize_t)ret.len)
		die(path, "cannot be read");
	close(fd);
	return ret;
}

static void load(const char *path, struct subject *subject)
{
	struct lambda_program *program;
	struct lambda_object *object;
	static char log[4096];
	const void *insns;
	void *scratch;
	size_t count;

	if (lambda_object__open(path, log, sizeof(log), &object) ||
	    lambda_object__program(object, NULL, log, sizeof(log), &program) ||
	    lambda_program__check(program, log, sizeof(log)))
		die(path, log);
	subject->source = program;
	insns = lambda_program__insns(program, &count);
	lambda_program__attr(program, &subject->attr);
	scratch = malloc(SBPF_CHECK_SCRATCH(count));
	if (!scratch ||
	    sbpf_program_init(&subject->program, insns, count, scratch))
		die(path, "refused");
	free(scratch);
	if (ENGINES > 1 &&
	    (sbpf_posix_compile(&subject->program, SBPF_JIT_COMPARE) ||
	     sbpf_posix_compile(&subject->program, SBPF_JIT_GUARDED)))
		die(path, "cannot be translated");
}

static struct sbpf_shape shape_of(const struct subject *subject)
{
	const struct lambda_load_attr *attr = &subject->attr;

	return (struct sbpf_shape){
		.in_len = subject->in.len,
		.out_cap = OUT_CAP,
		.heap_len = attr->heap_len,
		.rodata_len = attr->rodata_len,
		.data_len = attr->data_len + attr->bss_len,
		.frame_len = attr->frame_len,
		.nr_funcs = subject->program.check.nr_funcs,
	};
}

/* Memory of a window that code which compares runs in. */
static int give_memory(struct sbpf_window *window)
{
	int id;

	for (id = 0; id < SBPF_SEGS; id++) {
		window->seg[id].mem = calloc(1, window->seg[id].len + 1);
		if (!window->seg[id].mem)
			return -1;
	}
	return 0;
}

static void make_window(const struct subject *subject, enum engine engine,
			struct sbpf_window *window)
{
	struct sbpf_shape shape = shape_of(subject);
	const struct lambda_load_attr *attr = &subject->attr;
	struct sbpf_segment *seg = window->seg;
	static __u8 *base;

	if (!base)
		base = sbpf_posix_reserve();
	if (!base || sbpf_window_lay_out(window, &shape) ||
	    (engine == GUARDED ? sbpf_posix_map(base, window) :
				 give_memory(window)))
		die("window", "no memory");
	if (attr->rodata_len)
		memcpy(seg[SBPF_SEG_DATA].mem, (void *)(size_t)attr->rodata,
		       attr->rodata_len);
	if (attr->data_len)
		memcpy(seg[SBPF_SEG_DATA].mem + seg[SBPF_SEG_DATA].ro,
		       (void *)(size_t)attr->data, attr->data_len);
	if (subject->in.len)
		memcpy(seg[SBPF_SEG_IN].mem, subject->in.mem, subject->in.len);
	sbpf_window_set_ctx(window, &shape);
	if (engine == GUARDED && sbpf_posix_protect(window))
		die("window", "cannot be protected");
}

static void drop_window(enum engine engine, struct sbpf_window *window)
{
	int id;

	if (engine == GUARDED)
		sbpf_posix_unmap(window);
	else
		for (id = 0; id < SBPF_SEGS; id++)
			free(window->seg[id].mem);
}

static void run(const struct subject *subject, enum engine engine,
		struct sbpf_window *window, struct sbpf_run *run)
{
	*run = (struct sbpf_run){
		.program = &subject->program,
		.window = window,
		.budget = BUDGET,
		.max_insns = SBPF_INSNS_UNLIMITED,
		.max_helper_bytes = SBPF_BYTES_UNLIMITED,
	};
	if (engine == INTERPRETER)
		sbpf_interpret(run);
	else
		sbpf_posix_run(run);
}

static bool same(const struct sbpf_run *a, const struct sbpf_run *b)
{
	return a->status == b->status && a->retval == b->retval &&
	       a->fault_addr == b->fault_addr &&
	       a->fault_write == b->fault_write && a->where == b->where &&
	       a->insns == b->insns && a->budget_used == b->budget_used &&
	       a->helper_bytes == b->helper_bytes;
}

/* By all engines; @out gets what the first one put out. */
static struct sbpf_run run_all(const struct subject *subject, __u8 *out)
{
	struct sbpf_window window;
	struct sbpf_run first = { 0 }, next;
	enum engine engine;

	for (engine = 0; engine < ENGINES; engine++) {
		make_window(subject, engine, &window);
		run(subject, engine, &window, &next);
		if (!engine) {
			first = next;
			memcpy(out, window.seg[SBPF_SEG_OUT].mem, OUT_CAP);
		} else if (!same(&first, &next) ||
			   memcmp(out, window.seg[SBPF_SEG_OUT].mem, OUT_CAP)) {
			die(names[engine], "does not end as the interpreter");
		}
		drop_window(engine, &window);
	}
	return first;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static double time_native(const struct subject *subject, native_fn *function,
			  unsigned int turns, __u8 *out, int *retval)
{
	struct lambda_ctx ctx = {
		.in = (size_t)subject->in.mem, .in_len = subject->in.len,
		.out = (size_t)out, .out_cap = OUT_CAP,
	};
	double start;

	memset(out, 0, OUT_CAP);
	start = seconds();
	while (turns--)
		*retval = function(&ctx);
	return seconds() - start;
}

/* What a request finds, without the faults of memory that is touched first. */
static double time_guarded(const struct subject *subject, unsigned int turns)
{
	struct sbpf_window window;
	struct sbpf_run ran;
	double sum = 0;

	while (turns--) {
		make_window(subject, GUARDED, &window);
		memset(window.seg[SBPF_SEG_OUT].mem, 0, OUT_CAP);
		if (subject->attr.heap_len)
			memset(window.seg[SBPF_SEG_HEAP].mem, 0,
			       subject->attr.heap_len);
		sum -= seconds();
		run(subject, GUARDED, &window, &ran);
		sum += seconds();
		drop_window(GUARDED, &window);
	}
	return sum;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * A λ that did not come to its end has no output that could be another one: what
 * ended it is told.
 */
static void want_good_end(const struct subject *subject,
			  const struct sbpf_run *ran)
{
	const struct lambda_io io = {
		.out_cap = OUT_CAP,
		.result = {
			.status = ran->status,
			.retval = ran->retval,
			.fault_addr = ran->fault_addr,
			.fault_write = ran->fault_write,
			.budget_used = ran->budget_used,
			.helper_bytes = ran->helper_bytes,
		},
	};
	char text[512];

	if (ran->status == LAMBDA_STATUS_OK)
		return;
	lambda_explain(subject->source, &io, text, sizeof(text));
	die("the λ does not end well", text);
}

/* What native code returned and put out has to be what the λ did. */
static void want_same_output(int retval, int native_retval, const __u8 *out,
			     const __u8 *native_out)
{
	char text[80];
	size_t i = 0;

	if (retval != native_retval) {
		snprintf(text, sizeof(text), "the λ returns %d, natively it is %d",
			 retval, native_retval);
		die("its output is another one", text);
	}
	while (i < OUT_CAP && out[i] == native_out[i])
		i++;
	if (i == OUT_CAP)
		return;
	snprintf(text, sizeof(text), "byte %zu is 0x%02x, natively 0x%02x", i,
		 out[i], native_out[i]);
	die("its output is another one", text);
}

static double compare(const struct subject *subject, const char *path,
		      int pairs, const struct sbpf_run *want, const __u8 *out)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	static __u8 native_out[OUT_CAP];
	static double ratios[PAIRS_MAX];
	native_fn *function = NULL;
	unsigned int turns = 1;
	double native = 0;
	int retval, i;

	want_good_end(subject, want);
	if (library)
		*(void **)&function = dlsym(library, "corpus");
	if (!function)
		die(path, dlerror());
	time_native(subject, function, 1, native_out, &retval);
	want_same_output(want->retval, retval, out, native_out);
	while (time_native(subject, function, turns, native_out, &retval) <
	       LONG_ENOUGH)
		turns *= 2;
	for (i = 0; i < pairs; i++) {
		do
			native = time_native(subject, function, turns,
					     native_out, &retval);
		while (native <= 0);
		ratios[i] = time_guarded(subject, turns) / native;
	}
	qsort(ratios, pairs, sizeof(*ratios), by_size);
	return ratios[pairs / 2];
}

static void write_file(const char *path, const void *mem, size_t len)
{
	FILE *file = fopen(path, "we");

	if (!file || fwrite(mem, 1, len, file) != len || fclose(file))
		die(path, "cannot be written");
}

int main(int argc, char **argv)
{
	int pairs = argc > 5 ? atoi(argv[5]) : 5;
	static __u8 out[OUT_CAP];
	struct subject subject = { 0 };
	struct sbpf_run ran;

	if (argc < 4 || argc > 6 || pairs < 1 || pairs > PAIRS_MAX)
		die("usage", "engines OBJECT INPUT OUTPUT [NATIVE [PAIRS]]");
	subject.in = read_file(argv[2]);
	load(argv[1], &subject);
	ran = run_all(&subject, out);
	write_file(argv[3], out, ran.status == LAMBDA_STATUS_OK ? ran.retval : 0);
	printf("%u %d 0x%llx %llu", ran.status, ran.retval,
	       (unsigned long long)ran.fault_addr, (unsigned long long)ran.insns);
	if (argc > 4)
		printf(" %.2f", compare(&subject, argv[4], pairs, &ran, out));
	putchar('\n');
	return 0;
}
