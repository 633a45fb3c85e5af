// SPDX-License-Identifier: GPL-2.0-only
/*
 * Libraries, as ar(1) makes them of objects of bitcode. As of any library only
 * those members are linked that define what is missing.
 */
#include <ar.h>
#include <llvm-c/Linker.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cc.h"

/**
 * struct archive - a library in memory
 * @path:  of its file
 * @start: its bytes
 * @size:  how many
 * @names: of members, where they are long; NULL when there are none
 * @nr_names: bytes of these
 */
struct archive {
	const char *path;
	const char *start;
	size_t size;
	const char *names;
	size_t nr_names;
};

/**
 * struct member - an object in a library
 * @name:  for messages
 * @start: its bytes
 * @size:  how many
 */
struct member {
	char name[512];
	const char *start;
	size_t size;
};

/* A number in a header: digits, with blanks behind them. */
static size_t archive_number(const char *digits, size_t length)
{
	char text[16] = "";

	memcpy(text, digits, length);
	return strtoul(text, NULL, 10);
}

static void archive_set_name(const struct archive *archive,
			     const struct ar_hdr *header, struct member *member)
{
	const char *name = header->ar_name;
	size_t length = sizeof(header->ar_name), at;

	if (*name == '/' && archive->names) {
		at = archive_number(name + 1, length - 1);
		if (at >= archive->nr_names)
			cc_die("%s: no archive: a member's name is missing",
			       archive->path);
		name = archive->names + at;
		length = archive->nr_names - at;
	}
	for (at = 0; at < length && name[at] != '/' && name[at] != '\n'; )
		at++;
	snprintf(member->name, sizeof(member->name), "%s(%.*s)", archive->path,
		 (int)at, name);
}

/* The member at @at, which becomes where the next one is; false at the end. */
static bool archive_next_member(struct archive *archive, size_t *at,
				struct member *member)
{
	const struct ar_hdr *header;

	while (*at + sizeof(*header) <= archive->size) {
		header = (const void *)(archive->start + *at);
		member->start = archive->start + *at + sizeof(*header);
		member->size = archive_number(header->ar_size, sizeof(header->ar_size));
		if (memcmp(header->ar_fmag, ARFMAG, 2) ||
		    member->size > archive->size - *at - sizeof(*header))
			cc_die("%s: no archive: it ends within a member",
			       archive->path);
		/* Members begin at even addresses. */
		*at += sizeof(*header) + member->size + (member->size & 1);
		if (!memcmp(header->ar_name, "// ", 3)) {
			archive->names = member->start;
			archive->nr_names = member->size;
		} else if (memcmp(header->ar_name, "/ ", 2) &&
			   memcmp(header->ar_name, "/SYM64/", 7)) {
			archive_set_name(archive, header, member);
			return true;
		}
	}
	return false;
}

/* Is it used, and defined nowhere yet? */
static bool archive_is_missing(LLVMValueRef value)
{
	return value && LLVMIsDeclaration(value) && LLVMGetFirstUse(value);
}

static bool archive_defines_missing(struct cc *cc, LLVMModuleRef module)
{
	LLVMValueRef value;

	for (value = LLVMGetFirstFunction(module); value;
	     value = LLVMGetNextFunction(value))
		if (!LLVMIsDeclaration(value) &&
		    LLVMGetLinkage(value) != LLVMInternalLinkage &&
		    archive_is_missing(LLVMGetNamedFunction(cc->module,
							    cc_ir_name(value))))
			return true;
	for (value = LLVMGetFirstGlobal(module); value;
	     value = LLVMGetNextGlobal(value))
		if (!LLVMIsDeclaration(value) &&
		    LLVMGetLinkage(value) != LLVMInternalLinkage &&
		    archive_is_missing(LLVMGetNamedGlobal(cc->module,
							  cc_ir_name(value))))
			return true;
	return false;
}

static LLVMModuleRef archive_read_member(struct cc *cc,
					 const struct member *member)
{
	LLVMMemoryBufferRef copy;

	copy = LLVMCreateMemoryBufferWithMemoryRangeCopy(member->start,
							 member->size,
							 member->name);
	return cc_read_module(cc, member->name, copy);
}

bool cc_archive_link(struct cc *cc, const char *path,
		     LLVMMemoryBufferRef buffer)
{
	struct archive archive = {
		.path = path,
		.start = LLVMGetBufferStart(buffer),
		.size = LLVMGetBufferSize(buffer),
	};
	struct member member;
	size_t at = SARMAG;
	bool any = false;

	while (archive_next_member(&archive, &at, &member)) {
		LLVMModuleRef module = archive_read_member(cc, &member);

		if (!archive_defines_missing(cc, module)) {
			LLVMDisposeModule(module);
			continue;
		}
		if (LLVMLinkModules2(cc->module, module))
			cc_die("%s: cannot be linked with the files before it",
			       member.name);
		any = true;
	}
	return any;
}
