/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A bearer token for the metrics over TCP. The server is told its SHA-256 alone, in coffer.conf;
 * the text is for whoever collects metrics, and is shown once.
 */

#include <jansson.h>
#include <stdio.h>

/* {"ok": true, "metrics_token": {"token": …, "sha256": …}}, or NULL for lack of memory. */
json_t *metricstoken_make(void);

/* For people. */
void metricstoken_print(FILE *to, const json_t *made);
