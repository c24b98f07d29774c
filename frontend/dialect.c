/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/dialect.h"

#include "frontend/render/admin.h"
#include "frontend/render/rest.h"

const struct dialect dialects[S3_DIALECT_COUNT] = {
	[S3_DIALECT_S3] = { "s3", render_operation, render_error, render_ids },
	[S3_DIALECT_REST] = { "rest", render_rest, render_rest_error, render_rest_ids },
};

const struct dialect dialect_admin = { "admin", NULL, render_admin_error, render_ids };

bool dialect_of_socket(const char *name, enum s3_dialect *ret)
{
	for (enum s3_dialect d = 0; d < S3_DIALECT_COUNT; d++) {
		if (strcmp(name, dialects[d].socket))
			continue;
		*ret = d;
		return true;
	}
	return false;
}
