/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the admin API of a tenant answers: JSON of authd's, and refusals of the frontend's in the same form. */

#include "frontend/render/render.h"

void render_admin_error(const struct render_error *in, struct reply *out);

/* The rest of an answer whose status is set. No cache keeps it: secrets may be in it. */
void render_admin_answer(uint32_t retry_after_s, struct span document, struct reply *out);
