/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What all commands that manage have in common: whom they ask, and about which tenants and buckets. */

#include <jansson.h>
#include <limits.h>

#include "client/invocation.h"
#include "client/manage/manager.h"
#include "client/run.h"

#define MANAGEMENT_TENANT_MAX 64

struct management {
	const struct invocation *invocation;
	const char *operator_socket;
	char beside[PATH_MAX];		/* where that may be written */
	const volatile sig_atomic_t *stop;
	struct complaint *why;
	bool wants_json;
	json_t *answer;			/* what is printed at the end then; NULL: nothing but "ok" */
};

/* All of these: 0, or -errno with *why. */

/* To manage one bucket of that tenant, or with NULL all. *ret is to be closed where it was opened. */
must_check int management_open(struct management *m, const char *tenant, const char *bucket,
			       struct manager *ret);

/*
 * The names of those that are meant, an array of the caller's: the one that is named, or with NULL all
 * there are but those that are being deleted.
 */
must_check int management_tenants(struct management *m, const char *named, json_t **ret);

/*
 * The tenant that has the bucket: --tenant, or whichever of all; *ret is open to manage it, and nothing
 * else.
 */
must_check int management_find_owner(struct management *m, const char *bucket,
				     char ret_tenant[static MANAGEMENT_TENANT_MAX], struct manager *ret,
				     struct manager_reply *ret_reply);

/* Names of buckets of a tenant, an array of the caller's, in their order. */
must_check int management_buckets(struct management *m, struct manager *of, json_t **ret);

/* What is done where management_visit() comes, with a manager that is open there meanwhile. */
struct management_visitor {
	int (*tenant)(void *context, struct manager *of);
	int (*bucket)(void *context, struct manager *of, const char *bucket);
	void *context;
};

/* To the bucket that --bucket names, or to each tenant that is meant; the first -errno ends it. */
must_check int management_visit(struct management *m, const struct management_visitor *v);

/* Complains that there is no memory for what is to be told. */
int management_out_of_memory(struct management *m);

/* "the `what` `name` cannot be listed". -EREMOTEIO. */
int management_list_failed(struct management *m, const char *what, const char *name, enum s3_error e);

/* --- the commands: enum run_outcome; `answer`, or words of theirs ------------------------------- */

must_check int bucket_list(struct management *m);
must_check int bucket_show(struct management *m);
must_check int bucket_delete(struct management *m);
must_check int bucket_quota(struct management *m);
must_check int bucket_policy(struct management *m);
must_check int bucket_access(struct management *m);
must_check int tenant_quota(struct management *m);
must_check int tenant_usage(struct management *m);
must_check int scrub(struct management *m);
must_check int uploads_list(struct management *m);
must_check int uploads_abort(struct management *m);
