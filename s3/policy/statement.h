/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One statement, compiled; a part of parsing a policy. */

#include "s3/policy/parser.h"

/* The statements before it, from `all` on, are whole. Results as policy_parse()'s. */
must_check int policy_parse_statement(struct policy_parser *p, json_t *statement,
				      const struct policy_statement *all, struct policy_statement *s);
