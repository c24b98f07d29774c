/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a request looks like to a client of the REST dialect (docs/rest.md) once it went through, or did
 * not: header fields and JSON. Pure, as frontend/render/render.h is.
 */

#include "frontend/render/render.h"

/* One of the operations that s3/rest.h knows; for any other the reply has an error. */
void render_rest(const struct render *in, struct reply *out);

/* Never a document of S3's, whatever the error. */
void render_rest_error(const struct render_error *in, struct reply *out);

void render_rest_ids(const struct render_ids *ids, struct reply *out);
