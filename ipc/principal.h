/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Who asks, as grants say it and stored believes it. */

#include "ipc/wire.h"

#define PRINCIPAL_NAME_MAX 256

/* All spans are text. */
struct principal {
	bool anonymous;			/* nobody in particular: there is no tenant, and no name */
	struct ipc_id tenant;
	struct span tenant_name;	/* what administrators call it: for logs and metrics */
	struct span canonical_id;	/* 64 hex digits: the owner S3 answers show */
	struct span display_name;
	struct span user;		/* empty for the tenant's own root */
	struct ipc_id user_id;		/* never another's; zeros for the root */
	struct span credential;		/* the access key id or the token's name: for logs, never for decisions */
	struct span prefix;		/* every key asked for or shown begins with it; empty: any */
};

/* Who asks without credentials. */
#define PRINCIPAL_ANONYMOUS                                                                        \
	((struct principal){ .anonymous = true,                                                    \
			     .tenant_name = SPAN(""),                                              \
			     .canonical_id = SPAN(""),                                             \
			     .display_name = SPAN(""),                                             \
			     .user = SPAN(""),                                                     \
			     .credential = SPAN("anonymous"),                                      \
			     .prefix = SPAN("") })

void principal_put(struct buffer *b, const struct principal *p);
void principal_get(struct wire_reader *r, struct principal *ret);
