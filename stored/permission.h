/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether who asks may do what he asks for: what his own policy says, and what that of the bucket says.
 * authd has asked the policy of a user, and the grant has its answers; what they left undecided is
 * finished here, the bucket is asked, and what is not allowed is refused here, before anything is looked
 * up. docs/policies.md has the order in which they win.
 */

#include "ipc/grant.h"
#include "stored/gate.h"

/* What stands before the buckets of a request; NULL where there is no such bucket, or none is asked. */
struct permission_gates {
	const struct gate *bucket;
	const struct gate *source;	/* of a copy */
};

/*
 * One request being asked about: the policy of a user is read once for all of its keys. In place: it must
 * not be moved until permission_end(). -EPROTO: the grant is not one that authd makes. -ENOMEM.
 */
struct permission {
	const struct grant *grant;
	struct permission_gates gates;
	struct policy_document *policy;	/* the user's; NULL: he has none, or it need not be asked again */
	struct identity_question question;
	const struct ipc_id *owner;	/* of the bucket that the question is about; NULL: of none yet */
	char account[IPC_ID_TEXT_SIZE];	/* his, as policies write it; the question borrows it */
};

must_check int permission_begin(const struct grant *g, const struct permission_gates *gates,
				struct permission *ret);
void permission_end(struct permission *p);

/* What the document of a CreateBucket says, before it is checked; SPAN_NONE: nothing. Borrowed. */
void permission_know_location(struct permission *p, struct span location);

/* 0, or the enum s3_error: ACCESS_DENIED; METHOD_NOT_ALLOWED of what is its owner's alone. -EPROTO. */
must_check int permission_check(struct permission *p);

/* A key of a DeleteObjects; where it is to have that ETag, whoever deletes it must be one who may read it. */
bool permission_to_delete(struct permission *p, struct span key, struct span version,
			  struct span etag);

/* Whether he may hear that a key is missing: as S3 does it, who might have listed the keys. */
bool permission_to_miss(struct permission *p);

/* Whether the bucket is the own tenant's, or nobody's. */
bool permission_is_own(const struct grant *g, const struct gate *gate);

/* Before the confinement: what reads a policy opens a file when it is used first. */
must_check int permission_warm_up(void);
