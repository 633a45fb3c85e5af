// SPDX-License-Identifier: GPL-2.0-only
// package: pcre2
// sources: src/pcre2_auto_possess.c src/pcre2_compile.c src/pcre2_config.c
// sources: src/pcre2_context.c src/pcre2_error.c src/pcre2_extuni.c
// sources: src/pcre2_find_bracket.c src/pcre2_maketables.c src/pcre2_match.c
// sources: src/pcre2_match_data.c src/pcre2_newline.c src/pcre2_ord2utf.c
// sources: src/pcre2_pattern_info.c src/pcre2_script_run.c
// sources: src/pcre2_string_utils.c src/pcre2_study.c src/pcre2_substring.c
// sources: src/pcre2_tables.c src/pcre2_ucd.c src/pcre2_valid_utf.c
// sources: src/pcre2_xclass.c
// flags: -Isrc -DPCRE2_CODE_UNIT_WIDTH=8 -DPCRE2_STATIC -DHAVE_CONFIG_H
// flags: -DSUPPORT_UNICODE
// input: text 32K
/* Finds regular expressions of four kinds. */
#include <pcre2.h>

#include "corpus.h"
#include "pcre2_chartables.c.dist"

static void count(const char *pattern, const unsigned char *in, size_t len)
{
	pcre2_match_data *match;
	PCRE2_SIZE at = 0, where;
	uint64_t found = 0;
	pcre2_code *code;
	int error;

	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
			     PCRE2_MULTILINE, &error, &where, NULL);
	put64(!!code);
	match = pcre2_match_data_create_from_pattern(code, NULL);
	while (pcre2_match(code, in, len, at, 0, match, NULL) > 0) {
		const PCRE2_SIZE *place = pcre2_get_ovector_pointer(match);

		found++;
		if (found % 16 == 1)
			put(in + place[0], place[1] - place[0]);
		at = place[1] > at ? place[1] : at + 1;
	}
	put64(found);
	pcre2_match_data_free(match);
	pcre2_code_free(code);
}

static void work(const unsigned char *in, size_t len)
{
	count("[a-z_]+\\((?:[^()]|\\([^()]*\\))*\\)", in, len);
	count("^\\s*(if|while|for) \\((.*)\\)$", in, len);
	count("(\\w)(\\w)\\2\\1", in, len);
	count("(?<=->)\\w+(?= =)", in, len);
}
