/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The audit log: everything that is done over the admin socket, by whom and with what outcome, and
 * every denial. Each event is a line in the log of the process. Where it is kept in files, too, those
 * are JSON: audit.N.log for orders that change something, and by themselves queries.N.log for those
 * that do not and denials.N.log, so that neither who asks often nor a stranger pushes out what
 * administrators did. What an order is stands on the disk before anything of it is done. Where that
 * cannot be written, nothing is changed.
 *
 * No secret is ever in it: not a secret key, not a token, not a signature, and of what was wrongly
 * given nothing.
 */

#include "authd/audit/auditfile.h"
#include "authd/figures.h"
#include "authd/orders/member.h"
#include "base/record.h"

#define AUDIT_FILE_BYTES    (16 * MIB)
#define AUDIT_ORDERS_FILES  16
#define AUDIT_QUERIES_FILES 4
#define AUDIT_DENIALS_FILES 4
#define AUDIT_ID_SIZE	    17
#define AUDIT_NOTES_MAX	    64	/* denials that may wait to be written; more are lost, and counted */

enum audit_place {
	AUDIT_FILE,
	AUDIT_JOURNAL,	/* only there */
};

struct administrator;
struct authd;
struct change;
struct token;

struct audit {
	struct authd *authd;
	struct auditfile *orders, *queries, *denials;	/* NULL: only in the journal */
	size_t n_notes;				/* denials on their way to the disk */
	uint64_t n_lost;			/* records that did not get there */
};

/* Who orders something, and what he says. The strings live as long as the order is given. */
struct audit_order {
	const char *id;			/* random: its records have it in common */
	const char *name;		/* "key.create", or "-" where it is none that there is */
	const struct administrator *administrator;	/* NULL: an operator, who is */
	uid_t uid;
	pid_t pid;
	const json_t *const *values;	/* of its members, valid */
};

/* "file" or "journal". */
must_check bool audit_place_parse(const char *text, enum audit_place *ret);

/* Opens the files, in the directory of authd's state; before the confinement. */
must_check int audit_open(struct audit *a, struct authd *authd, enum audit_place place,
			  const char *directory);
void audit_close(struct audit *a);

static inline bool audit_is_kept(const struct audit *a)
{
	return a->orders != NULL;
}

/* A new one, in buf. */
const char *audit_make_id(char buf[static AUDIT_ID_SIZE]);

/* Begins a record of an order. */
void audit_say_order(struct record *r, enum record_form form, const char *event,
		     const struct audit_order *o);

/* Adds what came of it; NULL is no answer, for want of memory. */
void audit_say_outcome(struct record *r, enum figures_order outcome, const json_t *answer);

/*
 * A change of nothing, which is done when the record is durable; NULL for lack of memory. The
 * caller sets done and owner, and looks at its result.
 */
struct change *audit_intent(struct audit *a, struct record *r);

/* Says what came of an order in the log, and has it written, with those that change something or not. */
void audit_note(struct audit *a, bool changes, struct record *journal, struct record *kept);

/* Which tokens an order took over; the log has them anyway. */
void audit_note_imported(struct audit *a, const char *id, const struct token *tokens);

/* Begins a record of a denial. */
void audit_say_denial(struct record *r, const char *event);

/* The same for a denial that the log has been told of. */
void audit_note_denial(struct audit *a, struct record *kept);
