// SPDX-License-Identifier: GPL-2.0-only
// package: mujs
// sources: one.c
// flags: -I.
// input: text 4K
/* Runs a script that counts words. */
#include <mujs.h>

#include "corpus.h"

static const char script[] =
	"var words = {}, count = 0, names = [];\n"
	"text.replace(/[a-z]+/gi, function (word) {\n"
	"  words['$' + word] = (words['$' + word] || 0) + 0.1; count++;\n"
	"});\n"
	"for (var name in words) names.push(name);\n"
	"names.sort();\n"
	"function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }\n"
	"[count, fib(10), Math.sqrt(count)].concat(names.map(function (name) {\n"
	"  return name + '=' + words[name].toFixed(2);\n"
	"})).join(' ') + JSON.stringify({ a: [1, 2.5, null], b: 'x' });\n";

static void work(const unsigned char *in, size_t len)
{
	js_State *state = js_newstate(NULL, NULL, JS_STRICT);
	const char *text;

	js_pushlstring(state, (const char *)in, len);
	js_setglobal(state, "text");
	js_loadstring(state, "script", script);
	js_pushundefined(state);
	js_call(state, 0);
	text = js_tostring(state, -1);
	put(text, strlen(text));
	js_freestate(state);
}
