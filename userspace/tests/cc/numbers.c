// SPDX-License-Identifier: GPL-2.0-only
/* Numbers to text, and text to numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native.h"

static const char *const texts[] = {
	"0", "-0", "1e400", "-1e-400", "4.9406564584124654e-324", "0x1.8p3",
	"2.4703282292062327e-324", "2.4703282292062328e-324", "infinity!",
	"2.2250738585072011e-308", "1.7976931348623159e308", "  +12.5e3x",
	"9007199254740993", "123456789012345678901234567890", ".5", "5.", "-",
	"0x1.fffffffffffff8p0", "1e+", "3.14159265358979323846", "077", "0x1f",
	"-9223372036854775809", "18446744073709551616", "zz", "12ab",
};

static void program(const unsigned char *in, size_t len)
{
	static const char *const formats[] = {
		"%g", "%.17g", "%e", "%.3f", "%+12.4e|", "%-20G|", "%#.0f",
		"%020.5f", "%.60f", "% g", "%.1040f", "%.0e", "%a", "%.3a",
		"%+#.0A|", "%030.15a", "%-25A|",
	};
	static char text[2048];
	char *end;
	size_t i, k;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		double d = strtod(texts[i], &end);
		float f = strtof(texts[i], NULL);

		put(&d, sizeof(d));
		put(&f, sizeof(f));
		put64(end - texts[i]);
		for (k = 0; k < 37; k += k ? 7 : 8) {
			put64(strtol(texts[i], &end, k));
			put64(end - texts[i]);
			put64(strtoul(texts[i], &end, k));
		}
		put64(atoi(texts[i]));
	}
	for (i = 0; i < 240; i++) {
		uint64_t n = any() + len;
		double d, back;

		memcpy(&d, &n, 8);
		if (i % 2)
			d = (double)(int64_t)(n >> in[i] % 64) / (1 + i * i);
		put(text, snprintf(text, sizeof(text), formats[i % 17], d));
		snprintf(text, sizeof(text), "%.17g", d);
		back = strtod(text, NULL);
		put64(back == d || d != d);
		put(text, snprintf(text, 100, "%d %-7u|%lx %#llo %05hd %hhu %X",
				   (int)n, (unsigned int)n, (long)n,
				   (long long)n, (short)n, (unsigned char)n,
				   (int)i));
		put(text, snprintf(text, 20, "%s%%%c%*s%.*s|", "ab", 'c', 5,
				   "right", 2, "cut"));
	}
}
