/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The one thread that writes the database, so that the loop never waits for a disk. Changes are
 * made one after the other, in the order they were given, and come back on the loop in that order,
 * durable or not at all. The writer touches no memory of the keyring: a change owns all it needs.
 */

#include "authd/audit/auditfile.h"
#include "authd/database/database.h"
#include "base/buffer.h"
#include "base/loop.h"

#define WRITER_QUEUE_MAX 256

enum change_kind {
	CHANGE_ADD_TENANT,
	CHANGE_RENAME_TENANT,
	CHANGE_SUSPEND_TENANT,
	CHANGE_RESUME_TENANT,
	CHANGE_MARK_TENANT,	/* as one that is to go, or that stays after all */
	CHANGE_LIMIT_TENANT,
	CHANGE_REMOVE_TENANT,
	CHANGE_ADD_USER,
	CHANGE_SET_POLICY,
	CHANGE_SET_ADMINISTRATOR,
	CHANGE_REMOVE_USER,
	CHANGE_ADD_KEY,
	CHANGE_ENABLE_KEY,
	CHANGE_DISABLE_KEY,
	CHANGE_REMOVE_KEY,
	CHANGE_ADD_TOKENS,
	CHANGE_REPLACE_TOKEN,
	CHANGE_REMOVE_TOKEN,
	CHANGE_IMPORT_IDENTITIES,
	CHANGE_NOTE_USES,
	CHANGE_AUDIT,		/* of nothing; lines of the audit log */
	CHANGE_KINDS,
};

struct change {
	enum change_kind kind;
	struct tenant *tenant;		/* ADD_TENANT, RENAME_TENANT: owned */
	struct user *user;		/* ADD_USER: owned */
	uint64_t number;		/* the other ones of tenants and users, and IMPORT_IDENTITIES: which one */
	enum tenant_deletion deletion;	/* MARK_TENANT */
	bool administrator;		/* SET_ADMINISTRATOR */
	struct ceilings ceilings;	/* LIMIT_TENANT */
	char *policy_text;		/* SET_POLICY: owned; NULL: none */
	struct policy_document *policy;	/* likewise */
	struct access_key *key;		/* ADD_KEY: owned */
	char id[KEYRING_ACCESS_KEY_MAX + 1];	/* the other ones of keys: which key */
	struct token *tokens;		/* ADD_TOKENS, REPLACE_TOKEN, REMOVE_TOKEN: owned */
	struct identities *identities;	/* IMPORT_IDENTITIES: owned */
	struct credential_uses *uses;	/* NOTE_USES: owned */
	struct auditfile *file;		/* AUDIT: only the writer's thread appends to it */
	struct buffer lines;		/* AUDIT: owned */
	bool flush;			/* AUDIT: durable when done */
	bool vital;			/* AUDIT: without this file no order is taken */
	int result;			/* enum database_outcome or -errno, when done */
	char complaint[128];		/* with -errno: SQLite's words */
	void (*done)(struct change *c);	/* on the loop; the change is the callee's again */
	void *owner;
	struct change *next;
};

/* Frees what the change still owns. */
struct change *change_free(struct change *c);
DEFINE_CLEANUP(struct change *, change_free)

struct writer;

/* Starts the thread. Until writer_free() nobody else uses the database. */
must_check int writer_new(struct database *d, struct loop *l, struct writer **ret);

/* Makes the changes that wait, ends the thread, tells of them, and writes the records of that. */
struct writer *writer_free(struct writer *w);
DEFINE_CLEANUP(struct writer *, writer_free)

enum writer_outcome {
	WRITER_OK = 0,
	WRITER_FULL,	/* or about to end, when AUDIT alone is taken */
};

/*
 * Whether a write or a flush has failed since then, of a vital file or the database, so that no more changes are
 * made. Only a new process can find out what the disk has; this one is to end once those who wait are told.
 */
bool writer_has_failed(const struct writer *w);

/* How many changes are under way. */
size_t writer_waiting(struct writer *w);

/* Whether one of that kind is. */
bool writer_is_making(struct writer *w, enum change_kind kind);

/* Takes the change when the result is 0. */
must_check int writer_submit(struct writer *w, struct change *c);
