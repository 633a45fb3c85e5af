// SPDX-License-Identifier: GPL-2.0-only
/* Names of others on a terminal: they are shown and do nothing. */
#include <cli.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shape.h"
#include "test.h"

static void test_text(const char *text, const char *expected)
{
	char shown[256];
	size_t len = lambda_printable(text, shown, sizeof(shown));

	test_ok(!strcmp(shown, expected) && len == strlen(expected), "%s",
		shown);
}

static void test_texts(void)
{
	test_text("", "");
	test_text("plain ~ text\\n", "plain ~ text\\n");
	test_text("\xce\xbb-IO, \xe2\x82\xac, \xf0\x9f\x90\xa7",
		  "\xce\xbb-IO, \xe2\x82\xac, \xf0\x9f\x90\xa7");
	test_text("\033]0;x\007\033[2J", "\\x1b]0;x\\x07\\x1b[2J");
	test_text("a\nb\rc\td\177", "a\\nb\\x0dc\\x09d\\x7f");
	/* C1, which some terminals act upon, in UTF-8 and without. */
	test_text("\xc2\x9b[2J", "\\xc2\\x9b[2J");
	test_text("\x9b[2J", "\\x9b[2J");
	test_text("\xc2\xa0", "\xc2\xa0");
	/* Too short, too long for what it is, surrogates, beyond the last. */
	test_text("\xce", "\\xce");
	test_text("\xe2\x82", "\\xe2\\x82");
	test_text("\xe2\x82x", "\\xe2\\x82x");
	test_text("\xc0\x9b\xc1\xbf", "\\xc0\\x9b\\xc1\\xbf");
	test_text("\xe0\x82\x9b", "\\xe0\\x82\\x9b");
	test_text("\xed\xa0\x80", "\\xed\\xa0\\x80");
	test_text("\xf4\x90\x80\x80\xff", "\\xf4\\x90\\x80\\x80\\xff");
	/* Line separator, right to left, no width. */
	test_text("\xe2\x80\xa8", "\\xe2\\x80\\xa8");
	test_text("\xe2\x80\xae", "\\xe2\\x80\\xae");
	test_text("\xe2\x80\x8b", "\\xe2\\x80\\x8b");
}

static void test_cut(void)
{
	char shown[8] = "xxxxxxx";

	test_ok(lambda_printable("\033\033", NULL, 0) == 8, "only its length");
	test_ok(lambda_printable("\033\033", shown, 8) == 8 &&
		!strcmp(shown, "\\x1b"), "no escape is cut");
	test_ok(lambda_printable("abcde\xce\xbb", shown, 7) == 7 &&
		!strcmp(shown, "abcde"), "no character is cut");
	test_ok(lambda_printable("ab\033c", shown, 4) == 7 &&
		!strcmp(shown, "ab"), "nothing follows what is left out");
	test_ok(lambda_printable("abc", shown, 1) == 3 && !*shown,
		"no room but for the end");
}

/* What an object calls its function, in a message of the library. */
static void test_log(void)
{
	static const char name[] = "\033[2J\nlambda: \xc2\x9b";
	struct bytes strings = { 0 }, symbols = { 0 };
	struct lambda_object *obj;
	struct shape shape;
	char why[512] = "";
	void *image;
	size_t size;

	shape_begin(&shape);
	shape_add(&shape, "lambda/\033", SHT_PROGBITS,
		  SHF_ALLOC | SHF_EXECINSTR, "12345678", 8);
	put_string(&strings, "");
	put_symbol(&symbols, put_string(&strings, name),
		   ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 1, 4, 8);
	shape_symbols(&shape, &strings, &symbols);
	image = shape_end(&shape, &size);
	test_ok(lambda_object__open_mem("a\033b", image, size, why, sizeof(why),
					&obj) == -ENOEXEC &&
		strstr(why, "a\\x1bb: malformed: function \\x1b[2J\\nlambda: \\xc2\\x9b has") &&
		strstr(why, "section lambda/\\x1b"),
		"log: %s", why);
	free(image);
	free(strings.at);
	free(symbols.at);
}

static void test_print(void)
{
	char *said;
	size_t size;
	FILE *to = open_memstream(&said, &size);

	print(to, "%s\n", "a\nb\033");
	print(to, "%s", "c\n");
	fclose(to);
	test_ok(!strcmp(said, "a\\nb\\x1b\nc\\n"), "print: only lines of ours");
	free(said);
}

int main(void)
{
	test_texts();
	test_cut();
	test_log();
	test_print();
	return test_done();
}
