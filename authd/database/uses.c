/* SPDX-License-Identifier: Apache-2.0 */

/* When credentials of either kind were last used, in their rows. */

#include "authd/database/rows.h"

static int note_all(struct database *d, void *what)
{
	const struct credential_uses *uses = what;
	int r = DATABASE_OK;

	/* One that was deleted meanwhile is nothing to be told of. */
	for (size_t i = 0; i < uses->n && r >= 0; i++) {
		enum statement which =
			uses->uses[i].is_key ? STATEMENT_USE_KEY : STATEMENT_USE_TOKEN;
		sqlite3_stmt *s = database_statement(d, which);

		bind_number(s, 1, uses->uses[i].number);
		sqlite3_bind_int64(s, 2, uses->uses[i].used_s);
		r = database_run(d, which);
	}
	return r < 0 ? r : DATABASE_OK;
}

int database_note_uses(struct database *d, struct credential_uses *uses)
{
	return database_together(d, note_all, uses);
}
