// SPDX-License-Identifier: GPL-2.0-only
// package: libyaml
// sources: src/api.c src/dumper.c src/emitter.c src/loader.c src/parser.c
// sources: src/reader.c src/scanner.c src/writer.c
// flags: -Iinclude -Isrc -DHAVE_CONFIG_H
// input: yaml 32K
/* Reads a document and writes it. */
#include <yaml.h>

#include "corpus.h"

static void work(const unsigned char *in, size_t len)
{
	static unsigned char text[262144];
	yaml_document_t document;
	yaml_emitter_t emitter;
	yaml_parser_t parser;
	size_t size = 0;

	put64(yaml_parser_initialize(&parser));
	yaml_parser_set_input_string(&parser, in, len);
	put64(yaml_parser_load(&parser, &document));
	put64(yaml_emitter_initialize(&emitter));
	yaml_emitter_set_output_string(&emitter, text, sizeof(text), &size);
	put64(yaml_emitter_open(&emitter));
	put64(yaml_emitter_dump(&emitter, &document));
	put64(yaml_emitter_close(&emitter));
	put(text, size);
	yaml_emitter_delete(&emitter);
	yaml_parser_delete(&parser);
}
