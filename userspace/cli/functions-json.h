/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of a program, as JSON. */
#ifndef LAMBDA_CLI_FUNCTIONS_JSON_H
#define LAMBDA_CLI_FUNCTIONS_JSON_H

#include <lambda.h>

#include "json.h"

/* An array of them; @start: with the first instruction of each. */
void functions_json(struct json *json, const struct lambda_program *prog,
		    bool start);

#endif /* LAMBDA_CLI_FUNCTIONS_JSON_H */
