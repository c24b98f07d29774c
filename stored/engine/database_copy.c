/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/database_copy.h"

#define PIECE_PAGES 256

/* No journal: what dies half-way is thrown away. */
static int open_target(const char *path, sqlite3 **ret)
{
	int r = sqlite3_open_v2(path, ret,
				SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
					SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE |
					SQLITE_OPEN_PRIVATECACHE,
				NULL);

	if (r == SQLITE_OK)
		r = sqlite3_exec(*ret,
				 "PRAGMA mmap_size = 0; PRAGMA journal_mode = OFF;"
				 "PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE",
				 NULL, NULL, NULL);
	return r;
}

static int copy_pages(sqlite3_backup *b, int (*go_on)(void *context), void *context, int *ret_code)
{
	int r;

	do {
		r = go_on(context);
		if (r)
			return r;
		*ret_code = sqlite3_backup_step(b, PIECE_PAGES);
	} while (*ret_code == SQLITE_OK);
	return 0;
}

int database_copy(struct database *from, const char *path, int (*go_on)(void *context),
		  void *context)
{
	struct database to = { 0 };
	int code = open_target(path, &to.handle), r = 0;
	sqlite3_backup *b;

	if (code == SQLITE_OK) {
		b = sqlite3_backup_init(to.handle, "main", from->handle, "main");
		if (b) {
			r = copy_pages(b, go_on, context, &code);
			sqlite3_backup_finish(b);
		} else {
			code = sqlite3_extended_errcode(to.handle);
		}
	}
	if (r == 0 && code != SQLITE_DONE)
		r = database_error(&to, code);
	sqlite3_close(to.handle);
	return r;
}
