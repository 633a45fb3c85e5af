// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Runs a case on one of the engines: see sandbox.h. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "platform/posix/sbpf_posix.h"
#include "sandbox.h"

const char * const sandbox_names[SANDBOX_NAMES] = {
	[SANDBOX_INTERPRETER] = "interpreter",
	[SANDBOX_COMPARE] = "compare JIT",
	[SANDBOX_GUARDED] = "guarded JIT",
	[SANDBOX_SHOWN] = "guarded JIT, shown",
};

static void die(const char *what)
{
	fprintf(stderr, "sandbox: %s\n", what);
	exit(2);
}

static void shape_case(const struct sbpf_case *c, __u32 nr_funcs,
		       struct sbpf_shape *shape)
{
	memset(shape, 0, sizeof(*shape));
	shape->offset = c->offset;
	shape->in_len = c->in.len;
	shape->out_cap = c->out_cap;
	shape->args_len = c->args.len;
	shape->heap_len = c->heap_len;
	shape->rodata_len = c->rodata.len;
	shape->data_len = c->data.len + c->bss_len;
	shape->frame_len = (__u32)c->frame_len;
	shape->nr_funcs = nr_funcs;
}

/* Exactly as much memory as the segments have, for a sanitizer to guard. */
static void give_memory(struct sbpf_window *window)
{
	int id;

	for (id = 0; id < SBPF_SEGS; id++) {
		if (!window->seg[id].len)
			continue;
		window->seg[id].mem = calloc(1, window->seg[id].len);
		if (!window->seg[id].mem)
			die("out of memory");
	}
}

static void put_bytes(const struct case_bytes *bytes, __u8 *mem, size_t at)
{
	if (bytes->len)
		memcpy(mem + at, bytes->at, bytes->len);
}

static void fill(struct sbpf_window *window, const struct sbpf_case *c,
		 const struct sbpf_shape *shape)
{
	struct sbpf_segment *data = &window->seg[SBPF_SEG_DATA];

	sbpf_window_set_ctx(window, shape);
	put_bytes(&c->args, window->seg[SBPF_SEG_ARGS].mem, 0);
	put_bytes(&c->rodata, data->mem, 0);
	put_bytes(&c->data, data->mem, data->ro);
	put_bytes(&c->in, window->seg[SBPF_SEG_IN].mem,
		  c->offset % SBPF_PAGE_SIZE);
}

static __u64 sum(__u64 hash, const __u8 *p, size_t len)
{
	__u64 word;

	for (; len; len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 29;
	}
	return hash;
}

/* Over all segments: nobody may write to the read-only ones either. */
static __u64 sum_window(const struct sbpf_window *window)
{
	const struct sbpf_segment *stack = &window->seg[SBPF_SEG_STACK];
	__u64 hash = 1;
	__u32 k;
	int id;

	for (id = 0; id < SBPF_SEGS; id++)
		if (id != SBPF_SEG_STACK)
			hash = sum(hash, window->seg[id].mem,
				   window->seg[id].len);
	for (k = 0; k < stack->len / window->frame_len; k++)
		hash = sum(hash, stack->mem + (size_t)k * window->frame_stride,
			   window->frame_len);
	return hash;
}

static void keep_output(const struct sbpf_window *window,
			struct sandbox_result *result)
{
	__u32 len = window->seg[SBPF_SEG_OUT].len;

	if (len > sizeof(result->out))
		len = sizeof(result->out);
	if (len)
		memcpy(result->out, window->seg[SBPF_SEG_OUT].mem, len);
	result->memory = sum_window(window);
}

static void run_in_memory(const struct sbpf_case *c,
			  const struct sbpf_shape *shape,
			  struct sbpf_window *window,
			  struct sandbox_result *result)
{
	int id;

	give_memory(window);
	fill(window, c, shape);
	sbpf_run_program(&result->run);
	keep_output(window, result);
	for (id = 0; id < SBPF_SEGS; id++)
		free(window->seg[id].mem);
}

/* Memory of a file for the segments, zeroed; enough for any case. */
static void give_shared(struct sbpf_window *window,
			struct sbpf_posix_file *file)
{
	static const size_t most = 1ull << 32;
	static __u8 *mem;
	static int fd;
	static size_t used;
	int id;

	if (!mem) {
		fd = memfd_create("sandbox", MFD_CLOEXEC);
		mem = mmap(NULL, most, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_NORESERVE, fd, 0);
		if (fd < 0 || ftruncate(fd, most) || mem == MAP_FAILED)
			die("out of memory");
	}
	memset(mem, 0, used);
	for (used = 0, id = 0; id < SBPF_SEGS; id++) {
		window->seg[id].mem = mem + used;
		used += window->seg[id].len;
	}
	*file = (struct sbpf_posix_file) { fd, mem };
}

static void run_shown(const struct sbpf_case *c,
		      const struct sbpf_shape *shape,
		      struct sbpf_window *window,
		      struct sandbox_result *result)
{
	struct sbpf_posix_file file;
	struct sbpf_window view;
	static __u8 *base;

	if (!base)
		base = sbpf_posix_reserve();
	give_shared(window, &file);
	fill(window, c, shape);
	if (!base || sbpf_posix_view(&view, base, window, &file))
		die("memory cannot be shown");
	result->run.window = &view;
	sbpf_posix_run(&result->run);
	keep_output(window, result);
}

static void run_translated(struct sbpf_run *run, const struct sbpf_shape *shape)
{
	(void)shape;
	sbpf_posix_run(run);
}

static void run_guarded(const struct sbpf_case *c,
			const struct sbpf_shape *shape,
			struct sbpf_window *window,
			void (*engine)(struct sbpf_run *run,
				       const struct sbpf_shape *shape),
			struct sandbox_result *result)
{
	static __u8 *base;

	if (!base)
		base = sbpf_posix_reserve();
	if (!base || sbpf_posix_map(base, window))
		die("out of address space");
	fill(window, c, shape);
	if (sbpf_posix_protect(window))
		die("memory cannot be protected");
	engine(&result->run, shape);
	keep_output(window, result);
	sbpf_posix_unmap(window);
}

static void compile(struct sbpf_program *program, enum sandbox_engine engine)
{
	enum sbpf_jit_mode mode = engine == SANDBOX_COMPARE ?
				  SBPF_JIT_COMPARE : SBPF_JIT_GUARDED;

	if (engine != SANDBOX_INTERPRETER && sbpf_posix_compile(program, mode))
		die("the program cannot be translated");
}

/* Checks the program, and lays its window out. Return: it is not refused. */
static bool set_up(const struct sbpf_case *c, struct sbpf_program *program,
		   struct sbpf_shape *shape, struct sbpf_window *window,
		   struct sandbox_result *result)
{
	static __u32 scratch[CASE_INSNS * 2];

	memset(result, 0, sizeof(*result));
	if (sbpf_program_init(program, c->insns, c->len, scratch)) {
		result->refused = true;
		result->where = program->check.where;
		result->why = program->check.why;
		return false;
	}
	shape_case(c, program->check.nr_funcs, shape);
	if (sbpf_window_lay_out(window, shape))
		die("the case passes a limit of the window");
	result->run.program = program;
	result->run.window = window;
	result->run.budget = c->budget;
	return true;
}

static void take_down(struct sandbox_result *result)
{
	result->run.program = NULL;
	result->run.stop = NULL;
	result->run.window = NULL;
}

void sandbox_run(const struct sbpf_case *c, enum sandbox_engine engine,
		 const struct sandbox_limits *limits,
		 struct sandbox_result *result)
{
	static struct sbpf_program program;
	struct sbpf_window window;
	struct sbpf_shape shape;

	if (!set_up(c, &program, &shape, &window, result))
		return;
	result->run.max_insns = limits->max_insns;
	result->run.max_helper_bytes = limits->max_helper_bytes;
	result->run.stop = limits->stop;
	compile(&program, engine);
	if (engine == SANDBOX_GUARDED)
		run_guarded(c, &shape, &window, run_translated, result);
	else if (engine == SANDBOX_SHOWN)
		run_shown(c, &shape, &window, result);
	else
		run_in_memory(c, &shape, &window, result);
	sbpf_posix_discard(&program);
	take_down(result);
}

void sandbox_run_by(const struct sbpf_case *c,
		    void (*engine)(struct sbpf_run *run,
				   const struct sbpf_shape *shape),
		    struct sandbox_result *result)
{
	static struct sbpf_program program;
	struct sbpf_window window;
	struct sbpf_shape shape;

	if (!set_up(c, &program, &shape, &window, result))
		return;
	run_guarded(c, &shape, &window, engine, result);
	take_down(result);
}

static bool same(const char *what, __u64 a, __u64 b)
{
	if (a != b)
		printf("# %s: %#llx and %#llx\n", what, a, b);
	return a == b;
}

bool sandbox_same(const struct sandbox_result *a,
		  const struct sandbox_result *b)
{
	return same("refused", a->refused, b->refused) &&
	       same("refused where", a->where, b->where) &&
	       same("status", a->run.status, b->run.status) &&
	       same("return value", a->run.retval, b->run.retval) &&
	       same("fault address", a->run.fault_addr, b->run.fault_addr) &&
	       same("fault write", a->run.fault_write, b->run.fault_write) &&
	       same("last instruction", a->run.where, b->run.where) &&
	       same("instructions", a->run.insns, b->run.insns) &&
	       same("budget used", a->run.budget_used, b->run.budget_used) &&
	       same("helper bytes", a->run.helper_bytes,
		    b->run.helper_bytes) &&
	       same("memory", a->memory, b->memory);
}
