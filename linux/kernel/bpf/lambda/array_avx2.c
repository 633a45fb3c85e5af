// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The loops over arrays once more, compiled for processors with AVX2. */
#define ARRAY_AVX2
#include "array_loops.c"
#undef ARRAY_NAME__
#undef ARRAY_NAME_
#undef ARRAY_NAME
#include "array_float.c"
