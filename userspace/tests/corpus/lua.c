// SPDX-License-Identifier: GPL-2.0-only
// package: lua5.4
// sources: src/lapi.c src/lauxlib.c src/lbaselib.c src/lcode.c src/lcorolib.c
// sources: src/lctype.c src/ldebug.c src/ldo.c src/ldump.c src/lfunc.c
// sources: src/lgc.c src/llex.c src/lmathlib.c src/lmem.c src/lobject.c
// sources: src/lopcodes.c src/lparser.c src/lstate.c src/lstring.c
// sources: src/lstrlib.c src/ltable.c src/ltablib.c src/ltm.c src/lundump.c
// sources: src/lutf8lib.c src/lvm.c src/lzio.c
// flags: -Isrc -Dluai_makeseed(L)=1u
// input: text 8K
/*
 * Runs a script that counts words, without files and modules, and without what
 * the interpreter does by longjmp(): errors, and coroutines that yield.
 */
#include <lauxlib.h>
#include <lualib.h>

#include "corpus.h"

static const luaL_Reg libraries[] = {
	{ LUA_GNAME, luaopen_base }, { LUA_TABLIBNAME, luaopen_table },
	{ LUA_STRLIBNAME, luaopen_string }, { LUA_MATHLIBNAME, luaopen_math },
	{ LUA_UTF8LIBNAME, luaopen_utf8 },
};

static const char script[] =
	"local words, count = {}, 0\n"
	"for word in text:gmatch('%a+') do\n"
	"  words[word] = (words[word] or 0) + 1 / 3\n"
	"  count = count + 1\n"
	"end\n"
	"local names = {}\n"
	"for word in pairs(words) do names[#names + 1] = word end\n"
	"table.sort(names)\n"
	"local function fib(n)\n"
	"  if n < 2 then return n end return fib(n - 1) + fib(n - 2)\n"
	"end\n"
	"local out = { count, fib(12), math.sqrt(count), text:rep(2):len() }\n"
	"for _, name in ipairs(names) do\n"
	"  out[#out + 1] = string.format('%s=%.3f', name, words[name])\n"
	"end\n"
	"return table.concat(out, ' ')\n";

static void *more(void *unused, void *block, size_t old, size_t size)
{
	(void)unused;
	(void)old;
	if (size)
		return realloc(block, size);
	free(block);
	return NULL;
}

static void work(const unsigned char *in, size_t len)
{
	lua_State *state = lua_newstate(more, NULL);
	const char *text;
	size_t i, size = 0;

	for (i = 0; i < sizeof(libraries) / sizeof(*libraries); i++) {
		luaL_requiref(state, libraries[i].name, libraries[i].func, 1);
		lua_pop(state, 1);
	}
	lua_pushlstring(state, (const char *)in, len);
	lua_setglobal(state, "text");
	put64(luaL_loadbufferx(state, script, sizeof(script) - 1, "script",
			       "t"));
	put64(lua_pcallk(state, 0, 1, 0, 0, NULL));
	text = lua_tolstring(state, -1, &size);
	put(text, size);
	lua_close(state);
}
