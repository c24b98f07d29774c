/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/folders.h"

#include "stored/engine/catalog_sql.h"
#include "stored/engine/query.h"

enum folder {
	FOLDER_NONE,
	FOLDER_OF_FOLDERS,
	FOLDER_OF_KEYS, /* keys are directly in it, or were since it is there, or too deep below it */
};

struct span folder_of(struct span key)
{
	struct span folder = SPAN("");

	for (int depth = 0; depth < FOLDERS_DEPTH; depth++) {
		struct span rest = span_is_none(key) ? key : span_skip(key, folder.len);
		const uint8_t *slash = rest.len ? memchr(rest.data, '/', rest.len) : NULL;

		if (!slash)
			break;
		folder = span_first(key, (size_t)(slash - span_bytes(key)) + 1);
	}
	return folder;
}

static struct span parent_of(struct span folder)
{
	size_t len = folder.len - 1;

	while (len && span_bytes(folder)[len - 1] != '/')
		len--;
	return span_first(folder, len);
}

static int find(struct database *db, uint64_t bucket, struct span folder)
{
	_cleanup_(query_end) struct query q = query_begin(db, CATALOG_FIND_FOLDER);
	int r;

	query_number(&q, bucket);
	query_bytes(&q, folder);
	r = query_step(&q);
	if (r <= 0)
		return r < 0 ? r : FOLDER_NONE;
	return query_column_number(&q, 0) ? FOLDER_OF_KEYS : FOLDER_OF_FOLDERS;
}

static int put(struct database *db, uint64_t bucket, struct span folder, bool has_keys)
{
	struct query q = query_begin(db, CATALOG_PUT_FOLDER);

	query_number(&q, bucket);
	query_bytes(&q, folder);
	query_number(&q, has_keys);
	return query_run(&q);
}

static int remove_one(struct database *db, uint64_t bucket, struct span folder)
{
	struct query q = query_begin(db, CATALOG_DELETE_FOLDER);

	query_number(&q, bucket);
	query_bytes(&q, folder);
	return query_run(&q);
}

int folders_add(struct database *db, uint64_t bucket, struct span key)
{
	struct span folder = folder_of(key);
	bool has_keys = true;

	for (;;) {
		int r, found = find(db, bucket, folder);

		if (found < 0)
			return found;
		if (found == FOLDER_OF_KEYS || (found == FOLDER_OF_FOLDERS && !has_keys))
			return 0;
		r = put(db, bucket, folder, has_keys);
		/* One that was there has its parents. */
		if (r < 0 || found != FOLDER_NONE || !folder.len)
			return r;
		folder = parent_of(folder);
		has_keys = false;
	}
}

/* 1: the first key from there on is in the folder. */
static int leads_into(struct database *db, uint64_t bucket, struct span from, struct span folder)
{
	_cleanup_(query_end) struct query q = query_begin(db, CATALOG_NEXT_KEY);
	int r;

	query_number(&q, bucket);
	query_bytes(&q, from);
	r = query_step(&q);
	return r == 1 ? span_starts_with(query_column_bytes(&q, 0), folder) : r;
}

int folders_remove(struct database *db, uint64_t bucket, struct span key)
{
	struct span folder = folder_of(key);

	for (;;) {
		/* Behind the key first: that is most often enough, and on the same page. */
		int r = leads_into(db, bucket, key, folder);

		if (r == 0)
			r = leads_into(db, bucket, folder, folder);
		if (r != 0)
			return r < 0 ? r : 0;
		r = remove_one(db, bucket, folder);
		if (r < 0 || !folder.len)
			return r;
		folder = parent_of(folder);
	}
}

int folder_has_folders_only(struct database *db, uint64_t bucket, struct span folder)
{
	int found = find(db, bucket, folder);

	return found < 0 ? found : found == FOLDER_OF_FOLDERS;
}
