/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * liblambda: from a λ object file to a λ handle, and to what it did.
 *
 * Functions return 0 or more on success and a negative errno otherwise; none
 * touches errno, prints, or exits. Those that take a log put there why they
 * refused, as text for a person, cut to fit and always terminated; a log of
 * size 0 may be NULL. An object is to be opened, its programs are to be linked,
 * and all of it to be closed by one thread at a time; what has been linked may
 * be looked at, loaded and run by any number, and so may handles and the three
 * system calls.
 */
#ifndef LAMBDA_H
#define LAMBDA_H

#include <linux/lambda.h>
#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bpf_insn;

/* A λ object file in memory, independent of the kernel. */
struct lambda_object;

/* One of its programs, linked: an array of instructions and a data image. */
struct lambda_program;

/**
 * lambda_object__open - read a λ object file
 * @path:     file to read, or a pipe to read to its end; at most 64 MiB
 * @log:      where to say why not
 * @log_size: bytes of @log
 * @ret:      the object, to be given to lambda_object__close()
 *
 * Lays out the globals of the object and applies their relocations.
 *
 * Return: 0; the errno of opening and reading @path; -EFBIG: larger than
 * 64 MiB; -EISDIR: a directory; -ENOEXEC: not a well-formed BPF object;
 * -EOPNOTSUPP: needs something that λ programs do not have, such as maps, or
 * declares types of arguments or output of which bytes do not tell the values;
 * -EMSGSIZE: over a limit of <linux/sbpf.h>, or more than 4096 sections, 65536
 * symbols, 256 programs, or a million relocations or lines; -ENOMEM.
 */
int lambda_object__open(const char *path, char *log, size_t log_size,
			struct lambda_object **ret);

/**
 * lambda_object__open_mem - the same from memory
 * @name:     name to use in messages
 * @image:    contents of the object file, copied
 * @size:     bytes of @image
 * @log:      where to say why not
 * @log_size: bytes of @log
 * @ret:      the object
 *
 * Return: as lambda_object__open().
 */
int lambda_object__open_mem(const char *name, const void *image, size_t size,
			    char *log, size_t log_size,
			    struct lambda_object **ret);

/**
 * lambda_object__close - free an object and its programs
 * @obj: the object, or NULL
 *
 * Handles that were loaded from it live on.
 */
void lambda_object__close(struct lambda_object *obj);

/**
 * lambda_object__program_name - names of the programs in an object
 * @obj: the object
 * @i:   which, from 0, in the order of the symbol table
 *
 * Return: the name, valid as long as @obj; NULL past the last.
 */
const char *lambda_object__program_name(const struct lambda_object *obj,
					unsigned int i);

/**
 * lambda_object__about - what an object says of itself
 * @obj: the object
 *
 * Return: the text of LAMBDA_ABOUT() in its source, of at most 200 bytes, valid
 * as long as @obj; NULL if there is none.
 */
const char *lambda_object__about(const struct lambda_object *obj);

/**
 * struct lambda_variable - one global variable
 * @name:    its name in the object
 * @section: its section; .rodata cannot be written
 * @address: where in the window
 * @size:    bytes
 */
struct lambda_variable {
	const char *name;
	const char *section;
	__u32 address;
	__u64 size;
};

/**
 * lambda_object__variable - the global variables of an object
 * @obj: the object
 * @i:   which, from 0, in the order of the symbol table
 * @ret: out: the variable; strings are valid as long as @obj
 *
 * Return: 0; -ENOENT past the last.
 */
int lambda_object__variable(const struct lambda_object *obj, unsigned int i,
			    struct lambda_variable *ret);

/**
 * lambda_object__program - link a program
 * @obj:      the object
 * @name:     its entry function; NULL stands for the only one
 * @log:      where to say why not
 * @log_size: bytes of @log
 * @ret:      the program, valid as long as @obj
 *
 * Return: 0; -ENOENT: no such program; -EINVAL: @name is NULL and there are
 * several; -EOPNOTSUPP: it has a merge program, but no record; -ENOEXEC,
 * -EOPNOTSUPP, -EMSGSIZE, -ENOMEM as for opening.
 */
int lambda_object__program(struct lambda_object *obj, const char *name,
			   char *log, size_t log_size,
			   struct lambda_program **ret);

/**
 * lambda_program__name - name of a program's entry function
 * @prog: the program
 *
 * Return: the name, valid as long as @prog.
 */
const char *lambda_program__name(const struct lambda_program *prog);

/**
 * lambda_program__insns - the linked instructions
 * @prog:  the program
 * @count: out: how many
 *
 * Return: the instructions, entry first, valid as long as @prog.
 */
const struct bpf_insn *
lambda_program__insns(const struct lambda_program *prog, size_t *count);

/**
 * lambda_program__attr - what lambda_load() is to be given for a program
 * @prog: the program
 * @attr: out: everything but the programs' fds, which are -1: the data image,
 *        which is valid as long as @prog, and the options of the object
 */
void lambda_program__attr(const struct lambda_program *prog,
			  struct lambda_load_attr *attr);

/**
 * lambda_program__merge - what merges the outputs of a program's parts
 * @prog: the program
 *
 * Return: the merge program, valid as long as @prog; NULL if there is none.
 */
const struct lambda_program *
lambda_program__merge(const struct lambda_program *prog);

/**
 * lambda_program__lines - whether a program is over lines
 * @prog: the program
 *
 * Return: 1 if its object has LAMBDA_LINES() or lambda_lines.h, so that each
 * request should hold whole lines; otherwise 0.
 */
int lambda_program__lines(const struct lambda_program *prog);

/**
 * lambda_program__whole - a program for those who divide nothing
 * @prog: the program
 *
 * A program by lambda_lines.h puts out what its merge program needs as well,
 * which lambda_program__run() takes off. This one puts out the result alone, and
 * gets whole lines.
 *
 * Return: the program, valid as long as @prog; @prog itself unless it is by
 * lambda_lines.h.
 */
const struct lambda_program *
lambda_program__whole(const struct lambda_program *prog);

/**
 * struct lambda_function - one function of a linked program
 * @name:  its name in the object
 * @start: index of its first instruction
 * @count: number of its instructions
 * @file:  source file, or NULL where the object has no debug info
 * @line:  line in @file, from 1
 */
struct lambda_function {
	const char *name;
	size_t start;
	size_t count;
	const char *file;
	unsigned int line;
};

/**
 * lambda_program__function - the functions of a program
 * @prog: the program
 * @i:    position in the program: 0 is the entry
 * @ret:  out: the function; strings are valid as long as @prog
 *
 * Return: 0; -ENOENT past the last.
 */
int lambda_program__function(const struct lambda_program *prog, unsigned int i,
			     struct lambda_function *ret);

/**
 * lambda_program__locate - the function and line that an instruction is of
 * @prog: the program
 * @insn: index of the instruction in the linked program
 * @ret:  out: the function, but with @file and @line of the instruction, which
 *        may be in another file where a function was inlined
 *
 * Return: 0; -ENOENT past the last.
 */
int lambda_program__locate(const struct lambda_program *prog, size_t insn,
			   struct lambda_function *ret);

/**
 * lambda_program__source - the line of source that an instruction is of
 * @prog: the program
 * @insn: index of the instruction in the linked program
 *
 * Return: its text as the compiler has kept it, valid as long as @prog; NULL where
 * the object has no debug info.
 */
const char *lambda_program__source(const struct lambda_program *prog,
				   size_t insn);

/**
 * lambda_program__check - the check that a kernel does at load, without one
 * @prog:     the program
 * @log:      where to say what is wrong, with function and source line
 * @log_size: bytes of @log
 *
 * It is the source of the kernel's own check, compiled into the library, so
 * that objects can be judged on machines whose kernel has no λs.
 *
 * Return: 0; -EINVAL: the check refuses @prog; -ENOMEM.
 */
int lambda_program__check(const struct lambda_program *prog, char *log,
			  size_t log_size);

/**
 * lambda_program__load - make a λ handle of a program
 * @prog:     the program
 * @attr:     as from lambda_program__attr(), maybe changed; its prog_fd is
 *            ignored, and its merge_fd if the program has a merge program. NULL:
 *            exactly that.
 * @log:      where to say why not: what is wrong, where, and the kernel's log
 * @log_size: bytes of @log
 *
 * Hands the object's debug info to the kernel where there is some. A kernel
 * that does not take the debug info gets the program without it. A process that
 * may not load programs loads its instructions, by lambda_load() alone, where
 * the sysctl fs.lambda.unprivileged lets everybody; @attr has no descriptor of
 * its own for a merge program then.
 *
 * Return: the handle, an fd with close-on-exec set; otherwise an errno of
 * bpf(2) with BPF_PROG_LOAD or of lambda_load(), among them -EINVAL: refused
 * by the verifier, or a bad @attr; -EPERM: not allowed to load; -EDQUOT: this
 * user has loaded too much; -ENOSYS: the kernel has no λs; -EPROTONOSUPPORT:
 * it speaks another version of the
 * interface; -EMSGSIZE: over a limit; -ENOMEM.
 */
int lambda_program__load(const struct lambda_program *prog,
			 const struct lambda_load_attr *attr, char *log,
			 size_t log_size);

/**
 * lambda_why_not - say in words why the kernel does not do it
 * @err:  what lambda_load(), lambda_pread(), lambda_pwrite() or bpf(2) returned
 * @buf:  where to put one clause without full stop, cut to fit
 * @size: bytes of @buf
 *
 * After the text of @err it tells what is known besides: that the kernel has no
 * λ-IO; for -EPERM that a capability is missing, or worth nothing in this user
 * namespace; that a system call filter or a security module forbids it, which
 * -EACCES tells as well.
 */
void lambda_why_not(int err, char *buf, size_t size);

/**
 * lambda_printable - make a text safe to be shown on a terminal
 * @text: any bytes, such as a name from an object
 * @buf:  where to put it, cut to fit
 * @size: bytes of @buf
 *
 * Control characters, line breaks, what changes the direction of writing or is
 * not seen, and bytes that are no UTF-8 become escapes such as \n and \x1b;
 * all else stays. The messages of the library have gone through it.
 *
 * Return: bytes of the whole, without the NUL.
 */
size_t lambda_printable(const char *text, char *buf, size_t size);

/**
 * lambda_explain - say in words how a request ended
 * @prog: the program that ran, to name its functions and globals; may be NULL
 * @io:   what lambda_pread() or lambda_pwrite() filled in
 * @buf:  where to put one sentence without newline, cut to fit
 * @size: bytes of @buf
 */
void lambda_explain(const struct lambda_program *prog,
		    const struct lambda_io *io, char *buf, size_t size);

/**
 * lambda_side_name - the name of a side
 * @side: enum lambda_side, as in struct lambda_io
 *
 * Return: "none", "host", "device" or "both"; NULL if the library does not know it.
 */
const char *lambda_side_name(unsigned int side);

/**
 * lambda_reason_text - say in words why a request ran where it did
 * @reason: enum lambda_reason, as in struct lambda_io
 *
 * Return: a clause without full stop, such as "the file is encrypted"; NULL if
 * the library does not know the reason.
 */
const char *lambda_reason_text(unsigned int reason);

/*
 * The system calls, with their errors as return values: lambda_load(2),
 * lambda_pread(2), lambda_pwrite(2).
 */

/**
 * lambda_load - lambda_load(2)
 * @attr:  what to load
 * @size:  sizeof(*@attr)
 * @flags: 0, or LAMBDA_LOAD_ABI with @attr NULL and @size 0
 *
 * Return: the handle or the ABI version; a negative errno.
 */
int lambda_load(const struct lambda_load_attr *attr, size_t size,
		unsigned int flags);

/**
 * lambda_pread - lambda_pread(2)
 * @fd:     file to read
 * @buf:    gets the output
 * @count:  bytes of input
 * @offset: where in the file the input begins
 * @lambda: the handle
 * @io:     more to say and to learn, or NULL
 *
 * Return: bytes of output; a negative errno.
 */
ssize_t lambda_pread(int fd, void *buf, size_t count, off_t offset, int lambda,
		     struct lambda_io *io);

/**
 * lambda_pwrite - lambda_pwrite(2)
 * @fd:     file to write
 * @buf:    the input
 * @count:  bytes of input
 * @offset: where in the file the output goes
 * @lambda: the handle
 * @io:     more to say and to learn, or NULL
 *
 * Return: bytes written; a negative errno.
 */
ssize_t lambda_pwrite(int fd, const void *buf, size_t count, off_t offset,
		      int lambda, struct lambda_io *io);

#ifdef __cplusplus
}
#endif

#include <lambda_run.h>
#include <lambda_layout.h>

#endif /* LAMBDA_H */
