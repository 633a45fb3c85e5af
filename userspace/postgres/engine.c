// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Requests, and what makes them: the λ, opened in this process or in the kernel
 * once for each query that is asked, as long as a backend keeps it.
 */
#include "pg_lambda.h"

#include <elf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "lambda.h"

/* The object of scan.bpf.c, which the library carries. */
asm(".section .rodata\n"
	".global pgl_object\n"
	".hidden pgl_object\n"
	".global pgl_object_end\n"
	".hidden pgl_object_end\n"
	".balign 8\n"
	"pgl_object:\n"
	".incbin \"" PGL_OBJECT "\"\n"
	"pgl_object_end:\n"
	".previous\n");
extern const char pgl_object[];
extern const char pgl_object_end[];

/* The λ with the instructions of a query, or with none: then it interprets. */
typedef struct EngineProgram
{
	struct bpf_insn *insns;
	int			count;
	struct lambda_object *object;
	struct lambda_program *program;
	struct lambda_local *local; /* or NULL, as it was not run here */
	int			handle;			/* of the kernel, or -1 */
	uint64		used;			/* when */
} EngineProgram;

#define ENGINE_PROGRAMS 16	/* each has 4 GiB of address space */

static EngineProgram engine_programs[ENGINE_PROGRAMS];

/*
 * What goes wrong here leaves all to the server, which needs no λ. That a program is
 * none is an error of this extension.
 */
static int
engine_fail(const char *what, const char *why, int err)
{
	ereport(err == -EINVAL || err == -ENOEXEC ? WARNING : DEBUG1,
			(errmsg_internal("could not %s the λ of pg_lambda: %s", what, why)));
	return err;
}

/* The symbol of a function in an image of the object; NULL: there is none. */
static Elf64_Sym *
engine_symbol(char *image, const char *name)
{
	Elf64_Ehdr *head = (Elf64_Ehdr *) image;
	Elf64_Shdr *sections = (Elf64_Shdr *) (image + head->e_shoff);

	for (int i = 0; i < head->e_shnum; i++)
	{
		Elf64_Sym  *sym = (Elf64_Sym *) (image + sections[i].sh_offset);
		char	   *names;

		if (sections[i].sh_type != SHT_SYMTAB)
			continue;
		names = image + sections[sections[i].sh_link].sh_offset;
		for (int k = 0; k < sections[i].sh_size / sizeof(*sym); k++)
		{
			if (strcmp(names + sym[k].st_name, name) == 0)
				return &sym[k];
		}
	}
	return NULL;
}

/* Where a function of the λ is among the instructions; -1: nowhere. */
int
pgl_engine_function(const char *name)
{
	Elf64_Sym  *sym = engine_symbol((char *) pgl_object, name);

	return sym == NULL ? -1 : sym->st_value / sizeof(struct bpf_insn);
}

/* An image of the object with instructions in the place that it has for them. */
static char *
engine_image(const PglQuick *quick)
{
	static const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	Size		size = pgl_object_end - pgl_object;
	char	   *image = memcpy(palloc(size), pgl_object, size);
	Elf64_Sym  *sym = engine_symbol(image, "pgl_eval_quick");
	Elf64_Shdr *section;

	if (sym == NULL)
		elog(ERROR, "the λ of pg_lambda has no place for code");
	section = (Elf64_Shdr *) (image + ((Elf64_Ehdr *) image)->e_shoff) +
		sym->st_shndx;
	sym->st_size = (quick->insns ? quick->count : 2) * sizeof(struct bpf_insn);
	memcpy(image + section->sh_offset + sym->st_value,
		   quick->insns ? quick->insns : nothing, sym->st_size);
	return image;
}

static void
engine_close(EngineProgram *entry)
{
	lambda_local__close(entry->local);
	if (entry->handle >= 0)
		close(entry->handle);
	lambda_object__close(entry->object);
	free(entry->insns);
	memset(entry, 0, sizeof(*entry));
	entry->handle = -1;
}

/* Returns 0 or a negative errno. */
static int
engine_link(EngineProgram *entry, const PglQuick *quick)
{
	char	   *image = engine_image(quick);
	Size		size = quick->count * sizeof(struct bpf_insn);
	char		why[512] = "";
	int			err;

	err = lambda_object__open_mem("pg_lambda", image,
								  pgl_object_end - pgl_object, why,
								  sizeof(why), &entry->object);
	pfree(image);
	if (err)
		return engine_fail("read", why, err);
	err = lambda_object__program(entry->object, "pg_scan", why, sizeof(why),
								 &entry->program);
	entry->insns = malloc(Max(size, 1));
	if (err || entry->insns == NULL)
	{
		engine_close(entry);
		return engine_fail("link", why, err ? err : -ENOMEM);
	}
	if (size > 0)
		memcpy(entry->insns, quick->insns, size);
	entry->count = quick->count;
	return 0;
}

/*
 * The program with these instructions, in place of the one not used longest, or
 * NULL.
 */
static EngineProgram *
engine_find(const PglQuick *quick)
{
	static uint64 now = 0;
	EngineProgram *oldest = engine_programs;
	Size		size = quick->count * sizeof(struct bpf_insn);

	for (int i = 0; i < ENGINE_PROGRAMS; i++)
	{
		EngineProgram *entry = &engine_programs[i];

		if (entry->program != NULL && entry->count == quick->count &&
			(size == 0 || memcmp(entry->insns, quick->insns, size) == 0))
		{
			entry->used = ++now;
			return entry;
		}
		if (entry->used < oldest->used)
			oldest = entry;
	}
	if (oldest->program != NULL)
		engine_close(oldest);
	oldest->handle = -1;
	if (engine_link(oldest, quick))
		return NULL;
	oldest->used = ++now;
	return oldest;
}

/* Returns 0 or a negative errno. */
static int
engine_open_local(EngineProgram *entry)
{
	char		why[512] = "";
	int			err;

	if (entry->local != NULL)
		return 0;
	err = lambda_local__open(entry->program, NULL, why, sizeof(why),
							 &entry->local);
	return err ? engine_fail("open", why, err) : 0;
}

/* Closes the handles of all other entries; false: there are none. */
static bool
engine_give_back(const EngineProgram *entry)
{
	bool		any = false;

	for (int i = 0; i < ENGINE_PROGRAMS; i++)
	{
		EngineProgram *other = &engine_programs[i];

		if (other == entry || other->program == NULL || other->handle < 0)
			continue;
		close(other->handle);
		other->handle = -1;
		any = true;
	}
	return any;
}

/*
 * Returns 0, or the error that the kernel has for it. All backends are one user, who
 * may have so many handles.
 */
static int
engine_load(EngineProgram *entry, char *why, size_t size)
{
	*why = '\0';
	if (entry->handle >= 0)
		return 0;
	do
	{
		entry->handle = lambda_program__load(entry->program, NULL, why, size);
	} while (entry->handle == -EDQUOT && engine_give_back(entry));
	if (entry->handle >= 0)
		return 0;
	return engine_fail("load", why, entry->handle);
}

/* Of a program that is refused the library tells more than of its errno. */
static void
engine_no_kernel(int side, int err, const char *refused)
{
	char		why[256];

	lambda_why_not(err, why, sizeof(why));
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("lambda.side is \"%s\", but the kernel runs no λ for this server",
					pgl_side_text(side)),
			 errdetail("%s.", err == -EINVAL && *refused ? refused : why),
			 errhint("Set lambda.side to process, which needs no kernel with λ-IO, or to auto.")));
}

/* Whether the kernel says so only for now, as while others have much loaded. */
static bool
engine_passes(int err)
{
	return err == -EDQUOT || err == -ENOMEM || err == -EMFILE ||
		err == -ENFILE || err == -EINTR || err == -EAGAIN;
}

/* Where a request is made, of what was asked for; or a negative errno. */
static int
engine_side(EngineProgram *entry, int side)
{
	static bool no_kernel = false;
	char		why[512];
	int			err;

	if (side != PGL_SIDE_PROCESS && !(side == PGL_SIDE_AUTO && no_kernel))
	{
		err = engine_load(entry, why, sizeof(why));
		if (err == 0)
			return side;
		if (side == PGL_SIDE_AUTO)
			no_kernel = !engine_passes(err);
		else if (engine_passes(err))
			return err;
		else
			engine_no_kernel(side, err, why);
	}
	err = engine_open_local(entry);
	return err ? err : PGL_SIDE_PROCESS;
}

static void
engine_count(PglStats *stats, int side, const struct lambda_result *result)
{
	if (result->side == LAMBDA_SIDE_HOST)
		side = PGL_SIDE_HOST;
	else if (result->side == LAMBDA_SIDE_DEVICE)
		side = PGL_SIDE_DEVICE;
	stats->requests[side]++;
	stats->bytes_read += result->in_len;
	stats->bytes_out += result->out_len;
	stats->ns += result->ns_compute;
}

/* What is asked of an entry. */
typedef struct EngineCall
{
	EngineProgram *entry;
	int			fd;
	void	   *buf;
	size_t		count;
	off_t		offset;
	struct lambda_io *io;
} EngineCall;

/*
 * Where parts of tables stay mapped, or NULL. The guards of a page hold for as long
 * as it is looked at.
 */
static struct lambda_maps *
engine_maps(void)
{
	static struct lambda_maps *maps = NULL;
	static int	kilobytes = 0;

	if (kilobytes != pgl_mapped)
	{
		lambda_maps__close(maps);
		maps = NULL;
		kilobytes = pgl_mapped;
		if (kilobytes > 0)
			lambda_maps__open((size_t) kilobytes * 1024, &maps);
	}
	return maps;
}

static ssize_t
engine_call_local(void *data)
{
	EngineCall *call = data;

	lambda_local__map(call->entry->local, engine_maps());
	return lambda_local__pread(call->entry->local, call->fd, call->buf,
							   call->count, call->offset, call->io);
}

static ssize_t
engine_call_kernel(void *data)
{
	EngineCall *call = data;

	return lambda_pread(call->fd, call->buf, call->count, call->offset,
						call->entry->handle, call->io);
}

/*
 * Runs the λ over a part of a file. Returns bytes of output, or a negative errno:
 * then the ordinary way is left, which has its own words for what is wrong.
 * -EINTR: the server wants to look at what has come, and it may be tried again.
 */
ssize_t
pgl_engine_run(const PglQuick *quick, int side, int fd, void *buf, size_t cap,
			   size_t count, off_t offset, const struct pgl_args *args,
			   int args_len, PglStats *stats)
{
	struct lambda_io io = {
		.size = sizeof(io),
		.result_size = sizeof(io.result),
		.args_len = args_len,
		.args = (uintptr_t) args,
		.out_cap = cap,
	};
	EngineCall	call = {engine_find(quick), fd, buf, count, offset, &io};
	ssize_t		ret;

	if (call.entry == NULL)
		return -ENOMEM;
	side = engine_side(call.entry, side);
	if (side < 0)
		return side;
	if (side == PGL_SIDE_HOST)
		io.flags = LAMBDA_IO_HOST;
	else if (side == PGL_SIDE_DEVICE)
		io.flags = LAMBDA_IO_DEVICE;
	if (side == PGL_SIDE_PROCESS)
		ret = pgl_interrupt_local(call.entry->local, engine_call_local, &call);
	else
		ret = pgl_interrupt_call(engine_call_kernel, &call);
	if (ret >= 0)
		engine_count(stats, side, &io.result);
	return ret;
}
