/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An operator's channel on which one thing is asked after another, each waited for. Where it ends, as it
 * does with each new epoch, it is opened again, and what was under way is asked once more.
 */

#include "client/transfer/lister.h"
#include "client/transfer/operator.h"

struct manager {
	struct operator_target target;
	struct operator_channel stored;
	const volatile sig_atomic_t *stop;	/* ends what waits, once it is not 0 */
	struct complaint *why;
};

/* What an answer says of usage and quotas; ANSWER_ABSENT where it does not. ipc/answer.h. */
struct manager_figures {
	uint64_t objects, bytes, uploads, upload_bytes;
	uint64_t quota_bytes, quota_objects;
	uint64_t wrong_objects, wrong_bytes, wrong_uploads, wrong_upload_bytes;
};

/* What stored has said to one request. */
struct manager_reply {
	enum s3_error error;	/* S3_ERROR_NONE: it was done */
	bool repeated;		/* it was asked more than once, and may have been done before */
	uint64_t created_ns;	/* 0 where it is not said */
	char region[64 + 1];
	struct manager_figures figures;
	char *document;		/* GetBucketPolicy's, to be freed; NULL in all others */
	bool is_public;		/* GetBucketPolicyStatus's */
	unsigned int blocks;	/* GetPublicAccessBlock's */
	char detail[IPC_DETAIL_MAX + 1];	/* the error's own sentence; empty: it has none */
	uint8_t position[IPC_POSITION_MAX];	/* where the next SCRUB begins; of no length: it was the last */
	size_t position_len;
};

/*
 * With a bucket, NULL for none in particular: it may be managed, and no other. The strings of the target
 * live as long as the manager. -errno with *why: -EACCES where authd refuses. To be closed in any case.
 */
must_check int manager_open(struct manager *m, const struct operator_target *t,
			    const volatile sig_atomic_t *stop, struct complaint *why);
void manager_close(struct manager *m);

static inline bool manager_is_to_stop(const struct manager *m)
{
	return *m->stop;
}

/* Waits a moment for something to come; where the channel is lost, for another. -errno with *why. */
must_check int manager_step(struct manager *m);

/* -EINTR where it is to stop; -errno, with *why. */
must_check int manager_ask(struct manager *m, const struct s3_request *r, struct manager_reply *ret);

/* The same of a command, with its document. */
must_check int manager_command(struct manager *m, const struct s3_request *r, struct span document,
			       struct manager_reply *ret);

/* The same of USAGE, RECOUNT and QUOTA; `call` is not read. */
must_check int manager_say(struct manager *m, const struct ipc_message *what, struct manager_reply *ret);

/*
 * One step of a scrub. Each damage is handed out once it is through: each() says 0, or ends it with -errno. A
 * position is that of the reply before.
 */
must_check int manager_scrub(struct manager *m, struct span bucket, struct span position,
			     struct manager_reply *ret,
			     int (*each)(void *context, const struct answer *item), void *context);

/*
 * Hands out all of a list: each() says 0, or ends it with -errno. What cannot be listed is *ret, and
 * nothing is complained of then; NONE: all were handed out. -EINTR, -errno with *why.
 */
must_check int manager_list(struct manager *m, enum lister_of of, struct span bucket, enum s3_error *ret,
			    int (*each)(void *context, const struct answer *item), void *context);
