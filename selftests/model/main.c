// SPDX-License-Identifier: GPL-2.0-only
/* Says how many tests there were; the suites have run before main(). */
#include <kunit/test.h>

int model_run, model_failed;

int main(void)
{
	printf("1..%d\n", model_run);
	return model_failed || !model_run;
}
