/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the commands about backups have in common: whom they ask, the backup they are at, what they tell. */

#include <jansson.h>
#include <limits.h>

#include "client/backup/courier.h"
#include "client/backup/roll.h"
#include "client/invocation.h"
#include "client/run.h"

struct archiver {
	const struct invocation *invocation;
	const char *operator_socket;
	char beside[PATH_MAX];		/* where that may be written */
	const volatile sig_atomic_t *stop;
	struct complaint *why;
	struct progress progress;
	struct pace pace;
	struct vault vault;
	struct manifest manifest;
	struct courier courier;
	json_t *answer;			/* what is told at the end; with --json, all of it */
};

/* All of these: 0, or -errno with *why. */

/* One order of authd's; `request` is taken. -EACCES where it is refused. */
must_check int archiver_ask(struct archiver *a, json_t *request, json_t **ret);

/* The tenant, as authd shows it. *ret is the caller's, or NULL where there is none of that name. */
must_check int archiver_find_tenant(struct archiver *a, const char *name, json_t **ret);

/* Whether nobody can act for the tenant that "tenant.show" has told of. */
bool archiver_is_nobodys(const json_t *shown);

/* A channel to copy that tenant. */
must_check int archiver_open_courier(struct archiver *a, const char *tenant, enum operator_purpose purpose);

/* A file that the manifest names, read through and found to be what it should; at its beginning. */
must_check int archiver_open_file(struct archiver *a, enum manifest_files which, int *ret_fd);

/* The same of the list of the backup. */
must_check int archiver_open_roll(struct archiver *a, struct roll *ret);

/* Whether the blob of a line is there and has its bytes. -EBADMSG names it. *ret_fd may be NULL. */
must_check int archiver_check_blob(struct archiver *a, const struct roll_line *l, int *ret_fd);

/* "cannot read the blob `id`: ..." */
int archiver_blob_failed(struct archiver *a, int r, const char *doing, const char *id);

/* What the backup holds, of which `tenant` is now made or which is found `outcome`: the answer, and words. */
void archiver_tell(struct archiver *a, const char *outcome, const char *tenant);

/* Runs one of those below, from its beginning to its end. *ret_answer is the caller's, or NULL. */
must_check int archiver_run(const struct invocation *i, const volatile sig_atomic_t *stop,
			    struct complaint *why, int (*run)(struct archiver *a), json_t **ret_answer);

/* --- the commands: enum run_outcome; `answer`, or words of theirs ------------------------------- */

must_check int tenant_backup(struct archiver *a);
must_check int tenant_restore(struct archiver *a);
must_check int tenant_verify(struct archiver *a);
must_check int tenant_move(struct archiver *a);
