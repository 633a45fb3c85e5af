// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda-bench run LIST FOLDER [OBJECTS]: measures the points of LIST over the
 * data in FOLDER, with the λ programs of the folder OBJECTS.
 *
 * lambda-bench demo FOLDER [OBJECTS]: runs every program over the data that
 * scripts/make-demo-data put into FOLDER, and prints one table. Ends with 1
 * when any two results differ.
 *
 * lambda-bench jit [OBJECTS]: prints the code the kernel's JIT made of each.
 *
 * lambda-bench calibrate FILE: what the clock makes of common work; reads FILE.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"

static int guest_bench_usage(void)
{
	fprintf(stderr, "Usage: lambda-bench run LIST FOLDER [OBJECTS]\n"
			"       lambda-bench demo FOLDER [OBJECTS]\n"
			"       lambda-bench jit [OBJECTS]\n"
			"       lambda-bench calibrate FILE\n");
	return 2;
}

/* The word at @at, or where λ programs are installed. */
static const char *guest_bench_objects(int argc, char **argv, int at)
{
	return argc > at ? argv[at] : OBJECTS_DEFAULT;
}

int main(int argc, char **argv)
{
	int err;

	if (argc >= 4 && argc <= 5 && !strcmp(argv[1], "run"))
		err = guest_list_run(argv[2], argv[3],
				     guest_bench_objects(argc, argv, 4));
	else if (argc >= 3 && argc <= 4 && !strcmp(argv[1], "demo"))
		err = demo_run(argv[2], guest_bench_objects(argc, argv, 3));
	else if (argc >= 2 && argc <= 3 && !strcmp(argv[1], "jit"))
		err = dump_print(guest_bench_objects(argc, argv, 2));
	else if (argc == 3 && !strcmp(argv[1], "calibrate"))
		err = calibrate_print(argv[2]);
	else
		return guest_bench_usage();
	return err ? 1 : 0;
}
