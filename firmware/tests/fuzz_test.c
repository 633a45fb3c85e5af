// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A moment of each fuzzer, from nothing and without a guide: see platform/fuzz.
 * An input that breaks the drive ends the process. Usage: fuzz_test [ROUNDS]
 */
#include <stdlib.h>

#include "platform/fuzz/fuzz.h"
#include "test.h"

#define ROUNDS	300
#define ROOM	8192

/* Memory that windows show read-only: input, context. */
static u32 shown(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	u32 n = 0;

	while (fgets(line, sizeof(line), maps))
		n += strstr(line, "r--s") && strstr(line, "lambda-pool");
	fclose(maps);
	return n;
}

static void test_fuzzer(enum fuzz_kind kind, u32 rounds)
{
	static u8 data[ROOM];
	u64 runs = fuzz_runs;
	size_t size = 0;

	fuzz_begin(kind);
	for (u32 i = 0; i < rounds; i++) {
		size = fuzz_mutate(data, size, ROOM, i);
		fuzz_input(data, size);
	}
	runs = fuzz_runs - runs;
	test_ok(runs || kind == FUZZ_ADMIN, "%s: %u inputs, %llu λs",
		fuzzers[kind].name, rounds, (unsigned long long)runs);
	test_ok(!SBPF_TRANSLATES || fuzzers[kind].guard == !!shown(),
		"%s: in windows that %s guarded", fuzzers[kind].name,
		fuzzers[kind].guard ? "are" : "are not");
}

int main(int argc, char **argv)
{
	u32 rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : ROUNDS;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (u32 kind = 0; kind < FUZZ_KINDS; kind++)
		test_fuzzer(kind, rounds);
	test_ok(fuzz_translated || !SBPF_TRANSLATES, "programs are translated");
	return test_done();
}
