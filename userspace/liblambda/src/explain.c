// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* How a request ended, in words. */
#include <linux/sbpf.h>
#include <string.h>

#include "../../programs/lambda_end.h"
#include "internal.h"

static const struct segment {
	__s64 start;
	__s64 end;
	const char *name;
} segments[] = {
	{ 0, SBPF_CTX_BASE, "null pointer page" },
	{ SBPF_CTX_BASE, SBPF_CTX_BASE + SBPF_CTX_MAX, "context" },
	{ SBPF_ARGS_BASE, SBPF_ARGS_BASE + SBPF_ARGS_MAX, "arguments" },
	{ SBPF_STACK_BASE, SBPF_FRAME_TOP(SBPF_FUNCS_MAX - 1), "stack" },
	{ SBPF_DATA_BASE, SBPF_DATA_BASE + SBPF_DATA_MAX, "globals" },
	{ SBPF_HEAP_BASE, SBPF_HEAP_BASE + SBPF_HEAP_MAX, "heap" },
	{ SBPF_IN_BASE, SBPF_OUT_BASE, "input" },
	{ SBPF_OUT_BASE, (__s64)SBPF_OUT_BASE + SBPF_OUT_MAX, "output" },
};

static const struct segment *lambda_explain_segment_at(__s64 address)
{
	size_t i;

	for (i = 0; i < sizeof(segments) / sizeof(*segments); i++)
		if (address >= segments[i].start && address < segments[i].end)
			return &segments[i];
	return NULL;
}

/* A fault in the stack is an overrun of one function's frame. */
static void lambda_explain_frame(const struct lambda_program *prog,
				 __s64 address, const struct lambda_log *log)
{
	unsigned int k = (address - SBPF_STACK_BASE) / SBPF_FRAME_STRIDE;
	struct lambda_function func;

	if (!prog || lambda_program__function(prog, k, &func))
		return;
	lambda_log_add(log, ", %lld bytes below the frame of function %s",
		       (SBPF_FRAME_TOP((__s64)k) - address),
		       func.name);
	if (func.file)
		lambda_log_add(log, " (%s:%u)", func.file, func.line);
}

/* A fault among the globals is usually just past some variable. */
static void lambda_explain_global(const struct lambda_program *prog,
				  __s64 address, const struct lambda_log *log)
{
	struct lambda_variable var, best = { 0 };
	unsigned int i;

	for (i = 0; prog && !lambda_object__variable(prog->obj, i, &var); i++)
		if (var.address <= address && var.address >= best.address)
			best = var;
	if (best.name)
		lambda_log_add(log, ", at '%s' + %lld", best.name,
			       address - best.address);
}

/* An end that the program chose, as C does by exit() or an assertion. */
static bool lambda_explain_end(const struct lambda_result *result,
			       const struct lambda_log *log)
{
	static const char *const ends[] = {
		[LAMBDA_END_ABORT] = "called abort()",
		[LAMBDA_END_ASSERT] = "found that an assertion does not hold",
		[LAMBDA_END_LONGJMP] = "called longjmp(), and a λ has no way back",
		[LAMBDA_END_TRAP] = "reached a place that by its own word cannot be reached",
		[LAMBDA_END_POINTER] = "called through a pointer to no function of that type",
		[LAMBDA_END_DEPTH] = "has no stack left: see lambda cc --stack=",
	};
	__u64 end = (__u64)result->fault_addr - LAMBDA_END_BASE;

	if (!result->fault_write || end >= LAMBDA_END_MAX)
		return false;
	if (end < LAMBDA_END_ABORT)
		lambda_log_add(log, "the program called exit(%llu)",
			       end - LAMBDA_END_EXIT);
	else
		lambda_log_add(log, "the program %s", ends[end]);
	return true;
}

static void lambda_explain_fault(const struct lambda_program *prog,
				 const struct lambda_io *io,
				 const struct lambda_log *log)
{
	const struct lambda_result *result = &io->result;
	__s64 address = result->fault_addr;
	const struct segment *segment = lambda_explain_segment_at(address);

	if (lambda_explain_end(result, log))
		return;
	lambda_log_add(log, "fault: the program %s %s0x%llx (",
		       result->fault_write ? "wrote to" : "read from",
		       address < 0 ? "-" : "",
		       address < 0 ? 0ull - address : 0ull + address);
	if (segment)
		lambda_log_add(log, "%s", segment->name);
	else
		lambda_log_add(log, "no segment");
	if (segment && segment->start == SBPF_STACK_BASE)
		lambda_explain_frame(prog, address, log);
	if (segment && segment->start == SBPF_DATA_BASE)
		lambda_explain_global(prog, address, log);
	lambda_log_add(log, "), where it may not");
	if (segment && segment->start == SBPF_ARGS_BASE && !io->args_len)
		lambda_log_add(log, ": no arguments were given");
}

static void lambda_explain_budget(const struct lambda_result *result,
				  const struct lambda_log *log)
{
	lambda_log_add(log,
		       "over budget: the program used up its budget of %llu",
		       result->budget_used);
	if (result->helper_bytes)
		lambda_log_add(log,
			       ", %llu of it for %llu bytes that helpers went through",
			       result->helper_bytes / SBPF_HELPER_GRAIN,
			       result->helper_bytes);
	lambda_log_add(log, "; each backward jump takes 1");
}

LAMBDA_API void lambda_explain(const struct lambda_program *prog,
			       const struct lambda_io *io, char *buf,
			       size_t size)
{
	const struct lambda_result *result = &io->result;
	const struct lambda_log log = { buf, size };

	if (size)
		*buf = '\0';
	switch (result->status) {
	case LAMBDA_STATUS_OK:
		lambda_log_add(&log, "ok: %llu bytes in, %llu bytes out",
			       result->in_len, result->out_len);
		break;
	case LAMBDA_STATUS_ERROR:
		lambda_log_add(&log, "program error: the program returned %d",
			       result->retval);
		if (strerrordesc_np(-(unsigned int)result->retval))
			lambda_log_add(&log, " (%s)",
				       strerrordesc_np(-(unsigned int)result->retval));
		if (prog && prog->obj->divided &&
		    result->retval == -E2BIG)
			lambda_log_add(&log,
				       ", as for a line longer than the LAMBDA_LINE_MAX of its source");
		break;
	case LAMBDA_STATUS_BAD_LENGTH:
		lambda_log_add(&log,
			       "bad length: the program returned %d, more than the %llu bytes that its output may have",
			       result->retval, io->out_cap);
		break;
	case LAMBDA_STATUS_FAULT:
		lambda_explain_fault(prog, io, &log);
		break;
	case LAMBDA_STATUS_OVER_BUDGET:
		lambda_explain_budget(result, &log);
		break;
	case LAMBDA_STATUS_KILLED:
		lambda_log_add(&log, "killed: its caller got a fatal signal");
		break;
	case LAMBDA_STATUS_NOT_RUN:
		lambda_log_add(&log, "the program was not run");
		break;
	default:
		lambda_log_add(&log,
			       "ended with status %u, which this library does not know",
			       result->status);
	}
}
