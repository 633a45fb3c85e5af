// SPDX-License-Identifier: GPL-2.0-only
/* The functions of a program, as JSON. */
#include "functions-json.h"

void functions_json(struct json *json, const struct lambda_program *prog,
		    bool start)
{
	struct lambda_function func;
	unsigned int i;

	json_begin(json, "functions", '[');
	for (i = 0; !lambda_program__function(prog, i, &func); i++) {
		json_begin(json, NULL, '{');
		json_text(json, "name", func.name);
		json_count(json, "instructions", func.count);
		if (start)
			json_count(json, "start", func.start);
		json_text(json, "file", func.file);
		json_count(json, "line", func.file ? func.line : 0);
		json_end(json, '}');
	}
	json_end(json, ']');
}
