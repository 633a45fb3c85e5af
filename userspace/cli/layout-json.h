/* SPDX-License-Identifier: GPL-2.0-only */
/* What an object declares of arguments and output, as JSON. */
#ifndef LAMBDA_CLI_LAYOUT_JSON_H
#define LAMBDA_CLI_LAYOUT_JSON_H

#include <lambda.h>

#include "json.h"

/* An object with the fields of @layout; null if that is NULL. */
void layout_json(struct json *json, const char *name,
		 const struct lambda_layout *layout);

/* An array of the fields of @layout, with none if that is NULL. */
void layout_json_fields(struct json *json, const char *name,
			const struct lambda_layout *layout);

#endif /* LAMBDA_CLI_LAYOUT_JSON_H */
