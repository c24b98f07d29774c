/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

#include <time.h>

/* --- a page, kept -------------------------------------------------------------------------- */

struct line {
	bool is_prefix;
	size_t len;
	uint8_t key[S3_KEY_MAX];
	char upload[64];
};

struct page {
	struct line lines[1000];
	size_t n;
};

static struct fixture f;
static struct page got, expected;

static int keep_line(void *context, const struct listing_item *item)
{
	struct page *page = context;
	struct line *line = &page->lines[page->n++];

	assert(page->n <= ARRAY_SIZE(page->lines));
	*line = (struct line){ .is_prefix = item->is_prefix, .len = item->key.len };
	memcpy(line->key, item->key.data, item->key.len);
	if (item->upload_id.len)
		memcpy(line->upload, item->upload_id.data, item->upload_id.len);
	return 0;
}

static struct listing new_listing(struct span prefix, struct span delimiter, struct span after,
				  uint32_t limit)
{
	got.n = 0;
	return (struct listing){
		.prefix = prefix,
		.delimiter = delimiter,
		.after = after,
		.limit = limit,
		.emit = keep_line,
		.context = &got,
	};
}

static bool line_is(size_t i, const char *key, bool is_prefix)
{
	return i < got.n && got.lines[i].is_prefix == is_prefix &&
	       span_equal((struct span){ got.lines[i].key, got.lines[i].len },
			  span_from_string(key));
}

static void list(struct listing *l)
{
	assert(store_list_objects(f.store, &f.tenant, SPAN("bucket"), l) == 0);
	assert(l->count == got.n);
}

static void put_keys(size_t n, const char *const *names)
{
	struct span keys[64];

	assert(n <= ARRAY_SIZE(keys));
	for (size_t i = 0; i < n; i++)
		keys[i] = span_from_string(names[i]);
	put_all(&f, n, keys);
}

/* --- cases --------------------------------------------------------------------------------- */

static const char *const boo[] = { "asdf", "boo/bar", "boo/baz/xyzzy", "cquux/thud", "cquux/bla" };

static void test_a_delimiter_folds_what_is_behind_it(void)
{
	struct listing l;

	fixture_begin(&f);
	put_keys(ARRAY_SIZE(boo), boo);
	l = new_listing(SPAN_NONE, SPAN("/"), SPAN_NONE, 1000);
	list(&l);
	assert(got.n == 3 && !l.truncated);
	assert(line_is(0, "asdf", false) && line_is(1, "boo/", true) && line_is(2, "cquux/", true));
	l = new_listing(SPAN("boo/"), SPAN("/"), SPAN_NONE, 1000);
	list(&l);
	assert(got.n == 2);
	assert(line_is(0, "boo/bar", false) && line_is(1, "boo/baz/", true));
	fixture_end(&f);
}

static void test_a_page_goes_on_where_the_last_ended(void)
{
	struct listing l;

	fixture_begin(&f);
	put_keys(ARRAY_SIZE(boo), boo);
	l = new_listing(SPAN_NONE, SPAN("/"), SPAN_NONE, 1);
	list(&l);
	assert(line_is(0, "asdf", false) && l.truncated);
	assert(span_equal((struct span){ l.last, l.last_len }, SPAN("asdf")));
	l = new_listing(SPAN_NONE, SPAN("/"), SPAN("asdf"), 1);
	list(&l);
	assert(line_is(0, "boo/", true) && l.truncated);
	l = new_listing(SPAN_NONE, SPAN("/"), SPAN("boo/"), 1);
	list(&l);
	assert(line_is(0, "cquux/", true) && !l.truncated);
	/* A marker inside a common prefix: what is behind it still counts. */
	l = new_listing(SPAN_NONE, SPAN("/"), SPAN("boo/bar"), 1);
	list(&l);
	assert(line_is(0, "boo/", true) && l.truncated);
	fixture_end(&f);
}

static void test_a_limit_of_nothing_is_not_truncated(void)
{
	struct listing l;

	fixture_begin(&f);
	put_keys(ARRAY_SIZE(boo), boo);
	l = new_listing(SPAN_NONE, SPAN_NONE, SPAN_NONE, 0);
	list(&l);
	assert(got.n == 0 && !l.truncated);
	l = new_listing(SPAN_NONE, SPAN_NONE, SPAN_NONE, ARRAY_SIZE(boo));
	list(&l);
	assert(got.n == ARRAY_SIZE(boo) && !l.truncated);
	fixture_end(&f);
}

static void test_t51_wildcards_in_prefixes_are_bytes(void)
{
	static const char *const keys[] = { "%a", "_a", "xa", "[a", "a*", "'" };
	struct listing l;

	fixture_begin(&f);
	put_keys(ARRAY_SIZE(keys), keys);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		l = new_listing(span_from_string(keys[i]), SPAN("%"), SPAN_NONE, 10);
		list(&l);
		assert(got.n == 1);
	}
	l = new_listing(SPAN_NONE, SPAN("%"), SPAN_NONE, 10);
	list(&l);
	assert(line_is(0, "%", true));
	fixture_end(&f);
}

static void test_awkward_prefixes_and_markers(void)
{
	static uint8_t long_one[4096];
	struct listing l;

	fixture_begin(&f);
	put_keys(ARRAY_SIZE(boo), boo);
	memset(long_one, 'z', sizeof(long_one));
	l = new_listing((struct span){ long_one, sizeof(long_one) }, SPAN("/"), SPAN_NONE, 10);
	list(&l);
	assert(got.n == 0);
	l = new_listing(SPAN_NONE, SPAN("/"), (struct span){ long_one, sizeof(long_one) }, 10);
	list(&l);
	assert(got.n == 0);
	l = new_listing(SPAN_NONE, (struct span){ long_one, sizeof(long_one) }, SPAN_NONE, 10);
	list(&l);
	assert(got.n == ARRAY_SIZE(boo));
	memset(long_one, 0xff, sizeof(long_one));
	l = new_listing((struct span){ long_one, 3 }, SPAN("/"), (struct span){ long_one, 5 }, 10);
	list(&l);
	assert(got.n == 0);
	/* A marker before the prefix, and one far behind it. */
	l = new_listing(SPAN("boo"), SPAN_NONE, SPAN("a"), 10);
	list(&l);
	assert(got.n == 2);
	l = new_listing(SPAN("boo"), SPAN_NONE, SPAN("c"), 10);
	list(&l);
	assert(got.n == 0);
	fixture_end(&f);
}

static int check_item(void *context, const struct listing_item *item)
{
	assert(item->size == 5 && !item->is_prefix);
	assert(span_equal(item->key, SPAN("key")));
	assert(span_equal(item->etag, SPAN("5d41402abc4b2a76b9719d911017c592")));
	assert(item->modified_ns && item->modified_ns % NS_PER_MS == 0);
	assert(item->checksum_algorithm == CHECKSUM_CRC64NVME);
	assert(item->checksum_type == CHECKSUM_TYPE_FULL_OBJECT);
	assert(item->storage_class.len == 0);
	return 0;
}

static void test_an_item_says_what_is_known(void)
{
	struct listing l;

	fixture_begin(&f);
	assert(put_blob(&f, "key", SPAN("hello")) == 0);
	l = new_listing(SPAN_NONE, SPAN_NONE, SPAN_NONE, 10);
	l.emit = check_item;
	assert(store_list_objects(f.store, &f.tenant, SPAN("bucket"), &l) == 0);
	assert(l.count == 1);
	fixture_end(&f);
}

/* --- cost ---------------------------------------------------------------------------------- */

/* Steps of SQLite's machine that the one list since the last call took. */
static int steps_taken(void)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	sqlite3_stmt *s;

	assert(catalog_get(&f.store->catalogs, &f.tenant, false, &c) == 0);
	assert(c->readers.idle);
	s = c->readers.idle->prepared[CATALOG_LIST_OBJECTS];
	return sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 1);
}

/* As many keys as are asked for, under "deep/", and one behind them. */
static void fill_deep(size_t n)
{
	char(*names)[24] = calloc(n, sizeof(*names));
	struct span *keys = calloc(n, sizeof(*keys));

	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "deep/%08zu", i);
		keys[i] = span_from_string(names[i]);
	}
	put_all(&f, n, keys);
	keys[0] = SPAN("deep0");
	put_all(&f, 1, keys);
	free(keys);
	free(names);
}

static void test_a_prefix_is_skipped_with_one_seek(void)
{
	struct listing l;
	int few, many, late;

	fixture_begin(&f);
	fill_deep(10);
	l = new_listing(SPAN_NONE, SPAN("/"), SPAN_NONE, 10);
	list(&l);
	(void)steps_taken();
	l = new_listing(SPAN_NONE, SPAN("/"), SPAN_NONE, 10);
	list(&l);
	few = steps_taken();
	fill_deep(64 * 1024);
	l = new_listing(SPAN_NONE, SPAN("/"), SPAN_NONE, 10);
	list(&l);
	many = steps_taken();
	assert(got.n == 2 && line_is(0, "deep/", true) && line_is(1, "deep0", false));
	assert(few > 0 && many == few);

	/* And a page costs the same wherever it begins. */
	l = new_listing(SPAN("deep/"), SPAN_NONE, SPAN("deep/00000000"), 10);
	list(&l);
	many = steps_taken();
	l = new_listing(SPAN("deep/"), SPAN_NONE, SPAN("deep/00065000"), 10);
	list(&l);
	late = steps_taken();
	assert(got.n == 10 && late == many);
	fixture_end(&f);
}

static void test_folders_are_skipped_without_their_keys(void)
{
	static const char *const keys[] = { "a/1", "b/1", "c/1", "d/1", "e/1", "f/1" };
	struct listing l;
	int few, many;

	fixture_begin(&f);
	put_keys(2, keys);
	l = new_listing(SPAN_NONE, SPAN("/"), SPAN_NONE, 10);
	list(&l);
	few = steps_taken();
	put_keys(ARRAY_SIZE(keys), keys);
	(void)steps_taken();
	l = new_listing(SPAN_NONE, SPAN("/"), SPAN_NONE, 10);
	list(&l);
	many = steps_taken();
	assert(got.n == ARRAY_SIZE(keys) && line_is(5, "f/", true));
	assert(few > 0 && many == few);
	fixture_end(&f);
}

/* --- against a model ----------------------------------------------------------------------- */

#define MODEL_KEYS 400

static struct line model[MODEL_KEYS];
static size_t n_model;
static uint64_t random_state = 1;

static unsigned int random_below(unsigned int n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned int)(random_state >> 33) % n;
}

/* Few letters and short words, so that prefixes and delimiters meet often. */
static struct span random_word(uint8_t *to, size_t at_most)
{
	static const uint8_t letters[] = { 'a', 'b', '/', '/', '-', 0xff, 0 };
	size_t len = random_below((unsigned int)at_most + 1);

	for (size_t i = 0; i < len; i++)
		to[i] = letters[random_below(sizeof(letters))];
	return (struct span){ to, len };
}

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return span_compare((struct span){ x->key, x->len }, (struct span){ y->key, y->len });
}

/* Behind all that are there. */
static void add_to_model(struct line *line)
{
	if (!line->len || bsearch(line, model, n_model, sizeof(*line), compare_lines))
		return;
	n_model++;
	qsort(model, n_model, sizeof(*line), compare_lines);
}

static void put_model(void)
{
	struct span keys[MODEL_KEYS];

	for (size_t i = 0; i < n_model; i++)
		keys[i] = (struct span){ model[i].key, model[i].len };
	put_all(&f, n_model, keys);
}

static void make_model(bool only_folders)
{
	n_model = 0;
	for (size_t i = 0; i < MODEL_KEYS; i++) {
		struct line *line = &model[n_model];

		line->len = random_word(line->key, 8).len;
		if (!only_folders || memchr(line->key, '/', line->len))
			add_to_model(line);
	}
	put_model();
}

/* Each key lies one slash deeper than the one before: deeper than folders are kept, too. */
static void make_deep_model(void)
{
	n_model = 0;
	for (size_t depth = 1; depth < 16; depth++) {
		struct line *line = &model[n_model];

		memset(line->key, '/', depth);
		line->key[depth] = 'a';
		line->len = depth + 1;
		add_to_model(line);
	}
	put_model();
}

/* The definition, read literally: every key, one after another. */
static bool list_naively(struct span prefix, struct span delimiter, struct span after,
			 uint32_t limit)
{
	expected.n = 0;
	for (size_t i = 0; i < n_model; i++) {
		struct span key = { model[i].key, model[i].len }, item = key;
		bool folded = false;

		if (prefix.len && !span_starts_with(key, prefix))
			continue;
		for (size_t at = prefix.len; delimiter.len && at + delimiter.len <= key.len; at++) {
			if (span_starts_with(span_skip(key, at), delimiter)) {
				item = span_first(key, at + delimiter.len);
				folded = true;
				break;
			}
		}
		/* Behind the marker; and a marker that is a common prefix covers all that is under
		 * it. */
		if (after.len && span_compare(key, after) <= 0)
			continue;
		if (after.len && folded && span_equal(item, after))
			continue;
		if (expected.n && folded && expected.lines[expected.n - 1].is_prefix &&
		    span_equal(item, (struct span){ expected.lines[expected.n - 1].key,
						    expected.lines[expected.n - 1].len }))
			continue;
		if (expected.n == limit)
			return limit > 0;
		expected.lines[expected.n] = (struct line){ .is_prefix = folded, .len = item.len };
		memcpy(expected.lines[expected.n++].key, item.data, item.len);
	}
	return false;
}

static void check_page(struct span prefix, struct span delimiter, struct span after, uint32_t limit,
		       struct listing *ret)
{
	bool truncated = list_naively(prefix, delimiter, after, limit);

	*ret = new_listing(prefix, delimiter, after, limit);
	list(ret);
	assert(got.n == expected.n && ret->truncated == truncated);
	for (size_t i = 0; i < got.n; i++) {
		assert(got.lines[i].is_prefix == expected.lines[i].is_prefix);
		assert(compare_lines(&got.lines[i], &expected.lines[i]) == 0);
	}
}

/* All pages together are the whole list, whatever their length. */
static void check_pages(struct span prefix, struct span delimiter)
{
	uint8_t marker[S3_KEY_MAX];
	struct span after = SPAN_NONE;
	size_t whole, sum = 0;
	struct listing l;

	(void)list_naively(prefix, delimiter, SPAN_NONE, 1000);
	whole = expected.n;
	do {
		check_page(prefix, delimiter, after, 1 + random_below(7), &l);
		sum += l.count;
		memcpy(marker, l.last, l.last_len);
		after = (struct span){ marker, l.last_len };
	} while (l.truncated);
	assert(sum == whole);
}

static void check_model(int pages)
{
	uint8_t p[16], d[16], a[16];
	struct listing l;

	for (int i = 0; i < pages; i++)
		check_page(random_word(p, 3), random_word(d, 2), random_word(a, 5),
			   random_below(20), &l);
	for (int i = 0; i < pages; i++)
		check_page(random_word(p, 3), SPAN("/"), random_word(a, 5), random_below(20), &l);
	for (int i = 0; i < 60; i++)
		check_pages(random_word(p, 2), random_word(d, 2));
}

/* Deletes so many of the keys; which ones, chance says. */
static void thin_out(size_t n)
{
	for (; n && n_model; n--) {
		struct line *line = &model[random_below((unsigned int)n_model)];

		assert(delete_key(&f, (struct span){ line->key, line->len }) == 0);
		memmove(line, line + 1, (size_t)(model + n_model - (line + 1)) * sizeof(*line));
		n_model--;
	}
}

/* What SQL says of the catalog while nobody has it open. */
static int ask_catalog(const char *before, const char *question)
{
	char path[128], id[IPC_ID_TEXT_SIZE];
	sqlite3_stmt *s;
	sqlite3 *db;
	int answer;

	snprintf(path, sizeof(path), "%s/tenants/%s/catalog.db", f.directory,
		 ipc_id_text(&f.tenant, id));
	assert(sqlite3_open(path, &db) == SQLITE_OK);
	assert(sqlite3_exec(db, before, NULL, NULL, NULL) == SQLITE_OK);
	assert(sqlite3_prepare_v2(db, question, -1, &s, NULL) == SQLITE_OK);
	assert(sqlite3_step(s) == SQLITE_ROW);
	answer = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	assert(sqlite3_close(db) == SQLITE_OK);
	return answer;
}

/* Folders are those that the keys make; where keys are said to be, they may have been deleted. */
static void check_folders(void)
{
	fixture_close(&f);
	assert(ask_catalog("BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM folders;"
			   " DELETE FROM folders;" CATALOG_FIND_FOLDERS,
			   "SELECT (SELECT count(*) FROM kept) <> (SELECT count(*) FROM folders)"
			   " OR EXISTS (SELECT 1 FROM folders AS f LEFT JOIN kept AS k"
			   " USING (bucket, path) WHERE k.has_keys IS NULL"
			   " OR k.has_keys < f.has_keys)") == 0);
	fixture_open(&f);
}

static void check_while_it_shrinks(void)
{
	check_model(500);
	check_folders();
	thin_out(n_model / 2);
	check_model(500);
	check_folders();
	thin_out(n_model - 5);
	check_model(100);
	check_folders();
}

static void test_lists_are_as_the_model_says(void)
{
	for (int only_folders = 0; only_folders <= 1; only_folders++) {
		fixture_begin(&f);
		make_model(only_folders);
		check_while_it_shrinks();
		fixture_end(&f);
	}
	fixture_begin(&f);
	make_deep_model();
	check_while_it_shrinks();
	fixture_end(&f);
}

static void test_nothing_is_left_of_folders_without_keys(void)
{
	fixture_begin(&f);
	make_model(false);
	thin_out(n_model);
	fixture_close(&f);
	assert(ask_catalog("", "SELECT count(*) FROM folders") == 0);
	fixture_open(&f);
	fixture_end(&f);
}

static void test_a_catalog_of_version_3_gets_its_folders(void)
{
	fixture_begin(&f);
	make_model(true);
	fixture_close(&f);
	(void)ask_catalog("DROP TABLE folders; PRAGMA user_version = 3", "SELECT 1");
	fixture_open(&f);
	check_model(500);
	check_folders();
	fixture_end(&f);
}

/* --- uploads ------------------------------------------------------------------------------- */

static void test_uploads_are_listed_by_key_and_age(void)
{
	static const char *const keys[] = { "a", "b", "b", "b", "c/1", "c/2", "d" };
	char ids[ARRAY_SIZE(keys)][UPLOAD_ID_TEXT_MAX], *marker;
	struct listing l;

	fixture_begin(&f);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		assert(create_upload(&f, keys[i], CHECKSUM_NONE, CHECKSUM_TYPE_NONE, ids[i]) == 0);
		/* Ids are in the order of milliseconds. */
		nanosleep(&(struct timespec){ .tv_nsec = 2 * 1000 * 1000 }, NULL);
	}
	l = new_listing(SPAN_NONE, SPAN("/"), SPAN_NONE, 1000);
	assert(store_list_uploads(f.store, &f.tenant, SPAN("bucket"), &l) == 0);
	assert(got.n == 6 && line_is(4, "c/", true) && line_is(5, "d", false));
	for (size_t i = 0; i < 4; i++)
		assert(line_is(i, keys[i], false) && strcmp(got.lines[i].upload, ids[i]) == 0);

	/* Page by page, through the middle of one key. */
	l = new_listing(SPAN_NONE, SPAN_NONE, SPAN_NONE, 2);
	assert(store_list_uploads(f.store, &f.tenant, SPAN("bucket"), &l) == 0);
	assert(l.truncated && strcmp(l.last_upload, ids[1]) == 0);
	marker = ids[1];
	l = new_listing(SPAN_NONE, SPAN_NONE, SPAN("b"), 2);
	l.after_upload = span_from_string(marker);
	assert(store_list_uploads(f.store, &f.tenant, SPAN("bucket"), &l) == 0);
	assert(got.n == 2 && l.truncated);
	assert(strcmp(got.lines[0].upload, ids[2]) == 0 &&
	       strcmp(got.lines[1].upload, ids[3]) == 0);
	/* Without the id, all of the key is behind the marker. */
	l = new_listing(SPAN_NONE, SPAN_NONE, SPAN("b"), 10);
	assert(store_list_uploads(f.store, &f.tenant, SPAN("bucket"), &l) == 0);
	assert(got.n == 3 && line_is(0, "c/1", false));
	l = new_listing(SPAN_NONE, SPAN_NONE, SPAN("b"), 10);
	l.after_upload = SPAN("nonsense");
	assert(store_list_uploads(f.store, &f.tenant, SPAN("bucket"), &l) ==
	       S3_ERROR_INVALID_ARGUMENT);
	fixture_end(&f);
}

/* --- buckets ------------------------------------------------------------------------------- */

static void test_buckets_are_listed_by_name(void)
{
	struct ipc_id other = other_tenant();
	struct listing l;

	fixture_begin(&f);
	assert(create_bucket(&f, "azure") == 0);
	assert(create_bucket(&f, "bucket-2") == 0);
	l = new_listing(SPAN_NONE, SPAN_NONE, SPAN_NONE, 1000);
	assert(store_list_buckets(f.store, &f.tenant, &l) == 0);
	assert(got.n == 3 && line_is(0, "azure", false) && line_is(2, "bucket-2", false));
	l = new_listing(SPAN("bucket"), SPAN_NONE, SPAN("bucket"), 1000);
	assert(store_list_buckets(f.store, &f.tenant, &l) == 0);
	assert(got.n == 1 && line_is(0, "bucket-2", false));
	l = new_listing(SPAN_NONE, SPAN_NONE, SPAN_NONE, 2);
	assert(store_list_buckets(f.store, &f.tenant, &l) == 0);
	assert(got.n == 2 && l.truncated);
	l = new_listing(SPAN_NONE, SPAN_NONE, SPAN_NONE, 1000);
	assert(store_list_buckets(f.store, &other, &l) == 0);
	assert(got.n == 0 && !l.truncated);
	fixture_end(&f);
}

static int refuse(void *context, const struct listing_item *item)
{
	return -ECANCELED;
}

static void test_what_emit_says_ends_the_list(void)
{
	struct listing l;

	fixture_begin(&f);
	put_keys(ARRAY_SIZE(boo), boo);
	l = new_listing(SPAN_NONE, SPAN_NONE, SPAN_NONE, 1000);
	l.emit = refuse;
	assert(store_list_objects(f.store, &f.tenant, SPAN("bucket"), &l) == -ECANCELED);
	assert(store_list_objects(f.store, &f.tenant, SPAN("other"), &l) ==
	       S3_ERROR_NO_SUCH_BUCKET);
	fixture_end(&f);
}

int main(void)
{
	RUN(test_a_delimiter_folds_what_is_behind_it);
	RUN(test_a_page_goes_on_where_the_last_ended);
	RUN(test_a_limit_of_nothing_is_not_truncated);
	RUN(test_t51_wildcards_in_prefixes_are_bytes);
	RUN(test_awkward_prefixes_and_markers);
	RUN(test_an_item_says_what_is_known);
	RUN(test_a_prefix_is_skipped_with_one_seek);
	RUN(test_folders_are_skipped_without_their_keys);
	RUN(test_lists_are_as_the_model_says);
	RUN(test_nothing_is_left_of_folders_without_keys);
	RUN(test_a_catalog_of_version_3_gets_its_folders);
	RUN(test_uploads_are_listed_by_key_and_age);
	RUN(test_buckets_are_listed_by_name);
	RUN(test_what_emit_says_ends_the_list);
	return 0;
}
