/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fuzzers: a drive on the fake host, driven by bytes of another's choice.
 * An input is a head and then records, all of one length; a fuzzer reads a
 * record at a time, and behind the input's end it reads zeros.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "core/ctrl.h"
#include "lambda/lambda.h"
#include "tests/csd.h"

#define FUZZ_COMMANDS_MAX	64u	/* records per input */

/* What is fuzzed. */
enum fuzz_kind {
	FUZZ_ADMIN,	/* commands of any kind to the admin queue */
	FUZZ_IO,	/* to an I/O queue, with PRP lists to match */
	FUZZ_LAMBDA,	/* requests, well-formed up to a point, and their commands */
	FUZZ_PROGRAM,	/* images, and what the check accepts is run, both ways */
	FUZZ_REGISTER,	/* registers and doorbells, in any order and width */
	FUZZ_FAILURE,	/* commands, while host memory and media fail */
	FUZZ_DEFER,	/* λs on workers, cut off, and entries within entries */
	FUZZ_KINDS,
};

/**
 * struct fuzzer - one kind
 * @name:   of the kind
 * @run:    takes an input
 * @head:   bytes before the first record
 * @record: bytes of each record
 * @sqe:    where in a record a command is; @record without any
 * @defer:  λs run on workers
 * @fresh:  each input has a drive of its own: media that has lost writes takes
 *          no more
 * @guard:  λs run in windows that the memory management unit guards
 */
struct fuzzer {
	const char *name;
	void (*run)(void);
	u32 head;
	u32 record;
	u32 sqe;
	bool defer;
	bool fresh;
	bool guard;
};

extern const struct fuzzer fuzzers[FUZZ_KINDS];
extern const struct fuzzer *fuzzer;	/* the kind of all inputs */

/* A program and a slot that are there when an input begins, if it has λs. */
extern u32 fuzz_program_id, fuzz_slot;

/* Programs that were translated so far, of FUZZ_PROGRAM. */
extern u64 fuzz_translated;

/* Powers the drive on; inputs are of this kind from here on. */
void fuzz_begin(enum fuzz_kind kind);

/*
 * Does what an input says, then sees that nothing is left over, and that a
 * driver which behaves is served. Aborts the process otherwise.
 */
void fuzz_input(const u8 *data, size_t size);

/* λs that have run to some end because an input said so. */
extern u64 fuzz_runs;

/**
 * fuzz_mutate - change an input, keeping most of its structure
 * @data: the input, in @room bytes
 * @size: bytes of it
 * @room: bytes that there may be
 * @seed: decides everything
 *
 * Return: the size it has then. An input that is too short becomes a new one.
 */
size_t fuzz_mutate(u8 *data, size_t size, size_t room, u32 seed);

/* From here on for the fuzzers themselves. */

void fuzz_base_must(bool ok);

/* The input, eaten from the front. */
void fuzz_input_set(const u8 *data, size_t size);
void fuzz_input_take(void *to, size_t len);
u8 fuzz_input_byte(void);
bool fuzz_input_left(void);
u32 fuzz_input_bytes(void);

/* Random addresses would all miss: most are bent into memory. */
u64 fuzz_command_bend(u64 addr);

/* A command of any kind; λs' find program and slot. */
struct fw_sqe fuzz_command_take(void);

/* A command that a driver would send, λs' included, for any number. */
struct fw_sqe fuzz_command_good(u32 which);

/* Lets time pass and takes what was completed. */
void fuzz_base_drain(u16 queue);

/* Makes queues, a program and a slot with a request; after a reset as well. */
void fuzz_base_restart(void);

void fuzz_command_admin(void);
void fuzz_command_io(void);
void fuzz_command_lambda(void);
void fuzz_command_program(void);
void fuzz_event_register(void);
void fuzz_event_failure(void);
void fuzz_event_defer(void);

#endif /* FUZZ_H */
