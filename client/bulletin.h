/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What `cofferctl status` says to people; what is wrong comes first. */

#include <jansson.h>
#include <stdio.h>

/* `status` is authd's, with what client/overview.h adds. */
void bulletin_print(FILE *to, const json_t *status);
