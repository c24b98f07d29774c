/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An operator grant is authd's word that one administrator may bring objects into one bucket of a
 * tenant, take them out, manage the tenant's buckets, or have or bring a copy of all that is the tenant's,
 * over a channel of his own to stored. These are its contents; ipc/sealed.h is the envelope. It opens one channel, once, for the user id that
 * asked for it; what may be done there follows from its purpose.
 */

#include "ipc/principal.h"
#include "s3/operations.h"

#define OPERATOR_LIFE_NS (30 * NS_PER_S)	/* from issue to opening; the channel lives on */

/* PURPOSE(SYMBOL, "name") */
#define OPERATOR_PURPOSES(PURPOSE)                                                                 \
	PURPOSE(IMPORT, "import")                                                                  \
	PURPOSE(EXPORT, "export")                                                                  \
	PURPOSE(MANAGE, "manage")                                                                  \
	PURPOSE(BACKUP, "backup")                                                                  \
	PURPOSE(RESTORE, "restore")

enum operator_purpose {
#define PURPOSE(SYMBOL, name) OPERATOR_##SYMBOL,
	OPERATOR_PURPOSES(PURPOSE)
#undef PURPOSE
	OPERATOR_PURPOSE_COUNT,
};

struct operator_grant {
	struct ipc_id id;
	uint64_t epoch;			/* as in the envelope */
	uint64_t expires_ns;		/* CLOCK_BOOTTIME */
	uint32_t uid;			/* who asked, and must be the one who shows it */
	struct principal principal;	/* the tenant; user and prefix are empty */
	struct span bucket;		/* empty: whatever is the tenant's; operator_fits_bucket() */
	enum operator_purpose purpose;
};

/* Appends the contents, epoch included. The buffer's error tells whether they fit. */
void operator_grant_encode(const struct operator_grant *g, struct buffer *b);

/* False where the bytes are no operator grant. What is in *ret is borrowed from contents. */
must_check bool operator_grant_decode(struct span contents, struct operator_grant *ret);

const char *operator_purpose_name(enum operator_purpose p);
must_check bool operator_purpose_parse(struct span name, enum operator_purpose *ret);

/*
 * Whether a grant of this purpose may name a bucket, or none: those that bring or take objects are about one, those
 * that copy a tenant about none, and to manage is about either.
 */
bool operator_fits_bucket(enum operator_purpose p, bool is_named);

/*
 * Whether the purpose comprises the operation, in the grant's bucket. To manage is to see what there
 * is, its names and sizes, to delete it, and to say who else may come to a bucket; never to read an
 * object, nor to make one. To back up and to restore comprise none: what they ask is no operation of a
 * client's.
 */
bool operator_may(enum operator_purpose p, enum s3_operation o);
