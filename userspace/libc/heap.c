// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * malloc() and the like: the heap of the request, from its start on. A block
 * is of one of four sizes between two powers of two, so that what was freed is
 * found again at once and nothing has to be joined; its size stands before it.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "helpers.h"

#define UNIT 16u		/* alignment, and bytes of a block's head */
#define CLASSES 128u

/**
 * struct heap - what was taken of the heap
 * @used:  bytes from its start that belong to blocks
 * @freed: for each size, the blocks that were freed, one leading to the next
 *
 * Named so that `lambda cc` knows a program that needs a heap.
 */
struct heap {
	uint64_t used;
	void *freed[CLASSES];
};

struct heap lambda_libc_heap;

static uint64_t *heap_size_of(void *p)
{
	return (uint64_t *)((char *)p - UNIT);
}

/* The class of blocks of at least @size bytes, which becomes what they have. */
static unsigned int heap_class_of(uint64_t *size)
{
	uint64_t units = (*size + UNIT - 1) / UNIT;
	unsigned int shift;

	if (units <= 8) {
		*size = (units ? units : 1) * UNIT;
		return units ? units - 1 : 0;
	}
	/* Four sizes for each power of two. */
	shift = 63 - __builtin_clzll(units - 1) - 2;
	units = ((units - 1) >> shift) + 1;
	*size = (units << shift) * UNIT;
	return shift * 4 + units - 1;
}

static void *heap_take(uint64_t size)
{
	uint64_t at = lambda_libc_heap.used + UNIT;
	char *p;

	if (size > lambda_context->heap_len ||
	    at + size > lambda_context->heap_len) {
		errno = ENOMEM;
		return NULL;
	}
	lambda_libc_heap.used = at + size;
	p = (char *)(unsigned long)SBPF_HEAP_BASE + at;
	*heap_size_of(p) = size;
	return p;
}

void *malloc(size_t size)
{
	void **freed, *p;

	if (size > SBPF_HEAP_MAX) {
		errno = ENOMEM;
		return NULL;
	}
	freed = &lambda_libc_heap.freed[heap_class_of(&size)];
	p = *freed;
	if (!p)
		return heap_take(size);
	*freed = *(void **)p;
	return p;
}

void free(void *p)
{
	void **freed;
	uint64_t size;

	if (!p)
		return;
	size = *heap_size_of(p);
	freed = &lambda_libc_heap.freed[heap_class_of(&size)];
	*(void **)p = *freed;
	*freed = p;
}

/* What comes from the rest of the heap is zero as it is. */
void *calloc(size_t count, size_t size)
{
	uint64_t before = lambda_libc_heap.used;
	void *p;

	if (__builtin_mul_overflow(count, size, &size)) {
		errno = ENOMEM;
		return NULL;
	}
	p = malloc(size);
	if (p && lambda_libc_heap.used == before)
		__builtin_memset(p, 0, size);
	return p;
}

/* The last block of the heap grows where it is. */
static int heap_grow(void *p, uint64_t size)
{
	uint64_t start = (unsigned long)p - SBPF_HEAP_BASE;

	if (start + *heap_size_of(p) != lambda_libc_heap.used ||
	    size > SBPF_HEAP_MAX)
		return 0;
	heap_class_of(&size);
	if (start + size > lambda_context->heap_len)
		return 0;
	*heap_size_of(p) = size;
	lambda_libc_heap.used = start + size;
	return 1;
}

void *realloc(void *p, size_t size)
{
	void *moved;

	if (!p)
		return malloc(size);
	if (size <= *heap_size_of(p) || heap_grow(p, size))
		return p;
	moved = malloc(size);
	if (moved) {
		__builtin_memcpy(moved, p, *heap_size_of(p));
		free(p);
	}
	return moved;
}

void *reallocarray(void *p, size_t count, size_t size)
{
	if (__builtin_mul_overflow(count, size, &size)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, size);
}

/*
 * A block of a stricter alignment begins within a larger one, and has a head
 * of its own, that of a block of the class below.
 */
void *aligned_alloc(size_t align, size_t size)
{
	unsigned long start;
	char *p;

	if (align <= UNIT)
		return malloc(size);
	if (align > SBPF_HEAP_MAX || size > SBPF_HEAP_MAX) {
		errno = ENOMEM;
		return NULL;
	}
	heap_class_of(&size);
	p = malloc(size + align);
	if (!p)
		return NULL;
	start = ((unsigned long)p + align - 1) & -align;
	if (start == (unsigned long)p)
		return p;
	*heap_size_of((void *)start) = size;
	return (void *)start;
}

int posix_memalign(void **ret, size_t align, size_t size)
{
	void *p;

	if (align % sizeof(void *) || align & (align - 1))
		return EINVAL;
	p = aligned_alloc(align, size);
	if (!p)
		return ENOMEM;
	*ret = p;
	return 0;
}
