/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* GET /openapi.json: the description of the REST dialect, which is frontend/openapi.json. */

#include "base/span.h"

struct exchange;

struct span openapi_document(void);

/* 200 with it, or 304 where the client has it already. */
void openapi_answer(struct exchange *e);
