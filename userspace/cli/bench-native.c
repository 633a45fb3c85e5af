// SPDX-License-Identifier: GPL-2.0-only
/*
 * The native code of a program: a shared library that is made of its source. It
 * runs with all that this command may do, so it is never taken from beside an
 * object that was told by a path: who gets an object from others runs their λ,
 * and not their code.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "find.h"

#define NATIVE_SUFFIX	".native.so"

/* Says why there is none. Returns false. */
__attribute__((format(printf, 2, 3))) static bool
bench_native_lacks(struct bench_native *native, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(native->why, sizeof(native->why), fmt, args);
	va_end(args);
	return false;
}

/*
 * Where a library is, and its globals that code writes to: behind what the loader
 * has made read-only.
 */
static int bench_native_find_parts(struct dl_phdr_info *info, size_t size,
				   void *data)
{
	struct bench_native *native = data;
	unsigned long begin = 0, end = 0, relro = 0, last = 0;
	struct link_map *map;
	int i;

	(void)size;
	if (dlinfo(native->handle, RTLD_DI_LINKMAP, &map) ||
	    info->dlpi_addr != map->l_addr)
		return 0;
	for (i = 0; i < info->dlpi_phnum; i++) {
		__typeof__(info->dlpi_phdr) head = &info->dlpi_phdr[i];

		if (head->p_type == PT_GNU_RELRO)
			relro = head->p_vaddr + head->p_memsz;
		if (head->p_type != PT_LOAD)
			continue;
		last = head->p_vaddr + head->p_memsz;
		if (!(head->p_flags & PF_W))
			continue;
		begin = head->p_vaddr;
		end = last;
	}
	if (begin < relro && relro <= end)
		begin = relro;
	native->image_begin = info->dlpi_addr;
	native->image_end = info->dlpi_addr + last;
	native->globals = (void *)(info->dlpi_addr + begin);
	native->len = end - begin;
	return 1;
}

/* Functions of other libraries may have the same name. */
static native_fn *bench_native_symbol(const struct bench_native *native,
				      const char *name)
{
	unsigned long at = (unsigned long)dlsym(native->handle, name);

	return at >= native->image_begin && at < native->image_end ?
		       (native_fn *)at : NULL;
}

/* A λ begins with its globals as its object has them, each time. */
static bool bench_native_keep_globals(struct bench *bench)
{
	const struct lambda_load_attr *attr = &bench->run.attr;
	struct bench_native *native = &bench->native;

	if (!(attr->data_len + attr->bss_len))
		return true;
	native->initial = malloc(native->len ?: 1);
	if (!native->initial)
		return bench_native_lacks(native, "no memory for its globals");
	memcpy(native->initial, native->globals, native->len);
	return true;
}

static void bench_native_load(struct bench *bench, const char *path)
{
	const struct lambda_program *prog = bench->run.loaded.prog;
	const char *name = lambda_program__name(prog);
	struct bench_native *native = &bench->native;
	char merge[600];

	native->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!native->handle) {
		bench_native_lacks(native, "%s", dlerror());
		return;
	}
	dl_iterate_phdr(bench_native_find_parts, native);
	snprintf(merge, sizeof(merge), "%s_merge", name);
	native->run = bench_native_symbol(native, name);
	native->merge = bench_native_symbol(native, merge);
	if (!native->run || (!native->merge && lambda_program__merge(prog)))
		bench_native_lacks(native, "%s has no function %s", path,
				   native->run ? merge : name);
	else if (bench_native_keep_globals(bench))
		return;
	native->run = NULL;
}

/* The folder of λs' headers: as installed, or as built. */
static bool bench_native_headers(char path[PATH_MAX])
{
	static const char *const places[] = { "../include/lambda",
					      "cc/include/lambda" };
	char header[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (find_beside(places[i], path) &&
		    snprintf(header, sizeof(header), "%s/lambda_bpf.h", path) <
			    PATH_MAX && !access(header, R_OK))
			return true;
	}
	return false;
}

/* Runs the compiler, which says itself what is wrong with the source. */
static bool bench_native_compile(struct bench *bench, const char *to)
{
	struct bench_native *native = &bench->native;
	const char *cc = getenv("CC");
	char headers[PATH_MAX];
	/* They are not written to. */
	const char *const words[] = {
		cc && *cc ? cc : "cc", "-O3", "-march=native", "-shared",
		"-fPIC", "-D_GNU_SOURCE", "-w", "-I", headers, "-o", to,
		bench->native_path, NULL
	};
	int err, status;
	pid_t pid;

	if (!bench_native_headers(headers))
		return bench_native_lacks(native,
			"lambda_bpf.h, which its source needs, is not installed with the command");
	err = posix_spawnp(&pid, *words, NULL, NULL, (char **)words, environ);
	if (err)
		return bench_native_lacks(native, "cannot compile %s: %s: %s",
					  bench->native_path, *words,
					  strerror(err));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return true;
	return bench_native_lacks(native, "%s does not compile %s", *words,
				  bench->native_path);
}

/* Once it is loaded nobody needs its file. */
static void bench_native_make(struct bench *bench)
{
	const char *tmp = getenv("TMPDIR");
	char folder[PATH_MAX], path[PATH_MAX + 16];

	snprintf(folder, sizeof(folder), "%s/lambda-bench-XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(folder)) {
		bench_native_lacks(&bench->native, "cannot compile it in %s: %s",
				   folder, strerror(errno));
		return;
	}
	snprintf(path, sizeof(path), "%s/native.so", folder);
	if (bench_native_compile(bench, path))
		bench_native_load(bench, path);
	unlink(path);
	rmdir(folder);
}

static bool bench_native_ends_with(const char *path, const char *suffix)
{
	size_t len = strlen(path), n = strlen(suffix);

	return len > n && !strcmp(path + len - n, suffix);
}

/* One that was told, with a slash so that no other folder is looked into. */
static void bench_native_open_told(struct bench *bench)
{
	char path[PATH_MAX];

	if (bench_native_ends_with(bench->native_path, ".c")) {
		bench_native_make(bench);
		return;
	}
	snprintf(path, sizeof(path), "%s%s",
		 strchr(bench->native_path, '/') ? "" : "./", bench->native_path);
	bench_native_load(bench, path);
}

void bench_native_open(struct bench *bench)
{
	const char *word = bench->run.loaded.path;
	struct bench_native *native = &bench->native;
	char path[PATH_MAX];
	size_t len;

	if (bench->native_path) {
		bench_native_open_told(bench);
		return;
	}
	bench_native_lacks(native,
			   "--native=SOURCE tells what to compile for this processor");
	if (!find_object(word, path) || !strcmp(path, word))
		return;
	len = strlen(path) - strlen(OBJECT_SUFFIX);
	if (len + sizeof(NATIVE_SUFFIX) > sizeof(path))
		return;
	memcpy(path + len, NATIVE_SUFFIX, sizeof(NATIVE_SUFFIX));
	if (!access(path, R_OK))
		bench_native_load(bench, path);
}

void bench_native_close(struct bench_native *native)
{
	free(native->initial);
	if (native->handle)
		dlclose(native->handle);
}
