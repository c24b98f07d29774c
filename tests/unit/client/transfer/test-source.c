/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/source.h"

#include "scratch.h"

#undef NDEBUG
#include <assert.h>

#define ENTRIES_MAX 64

static struct source_entry *entries[ENTRIES_MAX];
static size_t n_entries;
static struct source *source;

static const char *const nothing[] = { NULL };

static void open_source(enum source_format format, const char *path, const char *const *excludes)
{
	struct source_config c = { .format = format, .path = path, .excludes = excludes };
	struct complaint why = { 0 };
	int r;

	while (excludes[c.n_excludes])
		c.n_excludes++;
	assert(source_new(&c, &source, &why) == 0);
	n_entries = 0;
	while ((r = source_next(source, &entries[n_entries])) == SOURCE_ENTRY)
		assert(++n_entries < ENTRIES_MAX);
	assert(r == SOURCE_END);
}

static void close_source(void)
{
	while (n_entries)
		source_entry_free(entries[--n_entries]);
	source = source_free(source);
}

static const struct source_entry *find(struct span name)
{
	for (size_t i = 0; i < n_entries; i++)
		if (span_equal(entries[i]->name, name))
			return entries[i];
	return NULL;
}

static bool refuses(struct span name, const char *words)
{
	const struct source_entry *e = find(name);

	return e && e->reason && strstr(e->reason, words);
}

static bool has(struct span key, const char *text)
{
	struct source_reader r;
	char buf[64];
	size_t len;
	bool same;

	for (size_t i = 0; i < n_entries; i++) {
		if (entries[i]->reason || !span_equal(entries[i]->key, key))
			continue;
		assert(entries[i]->size == strlen(text));
		assert(source_open(source, entries[i], &r) == 0);
		assert(source_read(&r, buf, sizeof(buf), &len) == 0);
		same = span_equal((struct span){ buf, len }, span_from_string(text));
		assert(source_read(&r, buf, sizeof(buf), &len) == 0 && len == 0);
		assert(!source_has_changed(&r));
		source_close(&r);
		return same;
	}
	return false;
}

/* --- plain trees ----------------------------------------------------------------------------- */

static void make_tree(void)
{
	assert(mkdir("tree", 0755) == 0 && mkdir("tree/d", 0755) == 0);
	assert(mkdir("tree/d/e", 0755) == 0 && mkdir("tree/empty", 0755) == 0);
	scratch_write("tree/top", "top", 0644);
	scratch_write("tree/d/e/deep", "deep", 0644);
	scratch_write("tree/d/\xc3\xa4 b\n", "odd", 0644);
	scratch_write("tree/d/nothing", "", 0644);
	scratch_write("tree/bad\xff", "bad", 0644);
	assert(symlink("/etc/passwd", "tree/link") == 0 && symlink("/etc", "tree/away") == 0);
	assert(mkfifo("tree/pipe", 0644) == 0);
}

static void test_keys_are_the_paths_of_a_tree(void)
{
	open_source(SOURCE_FILESYSTEM, "tree", nothing);
	assert(has(SPAN("top"), "top") && has(SPAN("d/e/deep"), "deep"));
	assert(has(SPAN("d/\xc3\xa4 b\n"), "odd") && has(SPAN("d/nothing"), ""));
	close_source();
}

static void test_what_is_no_object_has_its_reason(void)
{
	open_source(SOURCE_FILESYSTEM, "tree", nothing);
	assert(n_entries == 8);
	assert(refuses(SPAN("link"), "symbolic link") && refuses(SPAN("away"), "symbolic link"));
	assert(refuses(SPAN("pipe"), "no regular file"));
	assert(refuses(SPAN("bad\xff"), "no UTF-8"));
	close_source();
}

static void test_what_is_excluded_is_counted_and_not_gone_into(void)
{
	static const char *const excludes[] = { "d/e", "link", "*\xff", NULL };

	open_source(SOURCE_FILESYSTEM, "tree", excludes);
	assert(!find(SPAN("d/e/deep")) && !find(SPAN("link")) && !find(SPAN("bad\xff")));
	assert(has(SPAN("top"), "top") && source->n_excluded == 3);
	close_source();
}

static void test_t50_what_was_exchanged_for_a_link_is_not_read(void)
{
	struct source_reader r;

	open_source(SOURCE_FILESYSTEM, "tree", nothing);
	assert(rename("tree/top", "tree/top2") == 0 && symlink("/etc/passwd", "tree/top") == 0);
	assert(source_open(source, find(SPAN("top")), &r) == -ELOOP);
	assert(rename("tree/d", "tree/d2") == 0 && symlink("d2", "tree/d") == 0);
	assert(source_open(source, find(SPAN("d/e/deep")), &r) == -ENOTDIR);
	assert(unlink("tree/d") == 0 && rename("tree/d2", "tree/d") == 0);
	assert(rename("tree/top2", "tree/top") == 0);
	close_source();
}

static void test_who_writes_while_it_is_read_is_noticed(void)
{
	struct source_reader r;
	char c;
	size_t len;

	open_source(SOURCE_FILESYSTEM, "tree", nothing);
	assert(source_open(source, find(SPAN("top")), &r) == 0);
	assert(source_read(&r, &c, 1, &len) == 0 && len == 1);
	assert(!source_has_changed(&r));
	scratch_write("tree/top", "TOP", 0644);
	assert(source_has_changed(&r));
	source_close(&r);
	scratch_write("tree/top", "top", 0644);
	close_source();
}

static void test_t43_the_older_services_tokens_are_no_object(void)
{
	static const char *const excludes[] = { "tokens.json", NULL };

	scratch_write("tree/tokens.json",
		      "[{\"name\":\"a\",\"hash\":\"00\",\"scopes\":[\"read\"],\"expires\":null}]",
		      0644);
	open_source(SOURCE_FILESYSTEM, "tree", nothing);
	assert(refuses(SPAN("tokens.json"), "cofferctl token import"));
	close_source();
	open_source(SOURCE_FILESYSTEM, "tree", excludes);
	assert(!find(SPAN("tokens.json")));
	close_source();
	/* What is only called so is an object like others. */
	scratch_write("tree/tokens.json", "[1]", 0644);
	open_source(SOURCE_FILESYSTEM, "tree", nothing);
	assert(has(SPAN("tokens.json"), "[1]"));
	close_source();
}

/* Deeper than any key can be, where every level costs two bytes. */
static void test_a_tree_deeper_than_a_key_is_told(void)
{
	char path[3 * 520] = "deep";
	size_t len = 4;
	bool told = false;

	assert(mkdir("deep", 0755) == 0 && chdir("deep") == 0);
	for (int i = 0; i < 515; i++) {
		assert(mkdir("d", 0755) == 0 && chdir("d") == 0);
		memcpy(path + len, "/d", 3);
		len += 2;
	}
	scratch_write("f", "x", 0644);
	for (int i = 0; i < 516; i++)
		assert(chdir("..") == 0);
	open_source(SOURCE_FILESYSTEM, "deep", nothing);
	for (size_t i = 0; i < n_entries; i++)
		told |= entries[i]->reason && strstr(entries[i]->reason, "too deep");
	assert(n_entries == 1 && told);
	close_source();
}

/* --- names of base32 ------------------------------------------------------------------------- */

static void test_names_are_the_keys_base32_with_underscores(void)
{
	assert(mkdir("flat", 0755) == 0 && mkdir("flat/MZXW6YTB", 0755) == 0);
	scratch_write("flat/MZXW6___", "foo", 0644); /* foo */
	scratch_write("flat/MEXWILLD", "slash", 0644); /* a/d-c */
	scratch_write("flat/mzxw6yq_", "small", 0644); /* foob, in small letters */
	scratch_write("flat/MZXQ____", "both", 0644); /* fo */
	scratch_write("flat/mzxq____", "rival", 0644); /* fo again */
	scratch_write("flat/Mzxw6ytboi______", "mixed", 0644);
	scratch_write("flat/MZXW6", "unpadded", 0644);
	scratch_write("flat/MZXW6===", "equals", 0644);
	scratch_write("flat/74______", "no UTF-8", 0644); /* \xff */
	scratch_write("flat/.tmp-1", "unfinished", 0644);
	scratch_write("flat/tokens.json", "[{\"hash\":\"00\",\"scopes\":[]}]", 0644);
	assert(symlink("MZXW6___", "flat/MFRGG___") == 0);

	open_source(SOURCE_BASE32, "flat", nothing);
	assert(has(SPAN("foo"), "foo") && has(SPAN("foob"), "small") && has(SPAN("fo"), "both"));
	assert(has(SPAN("a/d-c"), "slash"));
	assert(refuses(SPAN("mzxq____"), "capitals"));
	assert(refuses(SPAN("Mzxw6ytboi______"), "no base32"));
	assert(refuses(SPAN("MZXW6"), "no base32") && refuses(SPAN("MZXW6==="), "no base32"));
	assert(refuses(SPAN("74______"), "no UTF-8"));
	assert(refuses(SPAN(".tmp-1"), "no base32"));
	assert(refuses(SPAN("tokens.json"), "cofferctl token import"));
	assert(refuses(SPAN("MZXW6YTB"), "no regular file"));
	assert(refuses(SPAN("MFRGG___"), "symbolic link"));
	assert(n_entries == 13);
	close_source();
}

/* --- SQLite ---------------------------------------------------------------------------------- */

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	assert(sqlite3_open(path, &db) == SQLITE_OK);
	assert(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
}

static void test_rows_of_a_table_are_objects(void)
{
	run_sql("objects.db",
		"CREATE TABLE objects(key TEXT PRIMARY KEY, data BLOB);"
		"INSERT INTO objects VALUES ('a/b', x'6869'), ('', x'00'), ('none', NULL),"
		"('text', 'text'), (NULL, x'01'), (x'ff', x'02'), ('zero', x'');"
		"INSERT INTO objects VALUES (CAST(x'ff' AS TEXT), x'03'),"
		"('\xc3\xa4', x'62'), (CAST(x'610062' AS TEXT), x'04')");
	open_source(SOURCE_SQLITE, "objects.db", nothing);
	assert(has(SPAN("a/b"), "hi") && has(SPAN("zero"), "") && has(SPAN("\xc3\xa4"), "b"));
	assert(refuses(SPAN(""), "key is empty") && refuses(SPAN("none"), "no blob"));
	assert(refuses(SPAN("text"), "no blob"));
	assert(refuses(SPAN("row 5"), "no text") && refuses(SPAN("row 6"), "no text"));
	assert(refuses(SPAN("\xff"), "no UTF-8") && refuses(SPAN("a\0b"), "no UTF-8"));
	assert(n_entries == 10);
	close_source();
}

static void test_rows_are_excluded_by_their_key(void)
{
	static const char *const excludes[] = { "none", "a/*", NULL };

	open_source(SOURCE_SQLITE, "objects.db", excludes);
	assert(!find(SPAN("none")) && !find(SPAN("a/b")) && source->n_excluded == 2);
	close_source();
}

static void test_a_large_value_is_read_in_pieces(void)
{
	struct source_reader r;
	size_t len, sum = 0;
	char buf[100000];

	run_sql("large.db", "CREATE TABLE objects(key TEXT PRIMARY KEY, data BLOB);"
			    "INSERT INTO objects VALUES ('k', zeroblob(1000001))");
	open_source(SOURCE_SQLITE, "large.db", nothing);
	assert(n_entries == 1 && entries[0]->size == 1000001);
	assert(source_open(source, entries[0], &r) == 0 && r.size == 1000001);
	do {
		assert(source_read(&r, buf, sizeof(buf), &len) == 0);
		sum += len;
	} while (len);
	assert(sum == 1000001);
	source_close(&r);
	close_source();
}

/* What the older service has not yet moved out of its log is there as well. */
static void test_a_database_in_wal_mode_is_read_as_it_is(void)
{
	sqlite3 *db;

	assert(sqlite3_open("wal.db", &db) == SQLITE_OK);
	assert(sqlite3_exec(db,
			    "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;"
			    "CREATE TABLE objects(key TEXT PRIMARY KEY, data BLOB);"
			    "INSERT INTO objects VALUES ('in the log', x'31')",
			    NULL, NULL, NULL) == SQLITE_OK);
	open_source(SOURCE_SQLITE, "wal.db", nothing);
	assert(has(SPAN("in the log"), "1"));
	/* And what it writes from here on is not. */
	assert(sqlite3_exec(db, "UPDATE objects SET data = x'32'", NULL, NULL, NULL) == SQLITE_OK);
	assert(has(SPAN("in the log"), "1"));
	close_source();
	sqlite3_close(db);
}

static void refuse_database(const char *path, const char *words)
{
	struct source_config c = { .format = SOURCE_SQLITE, .path = path };
	struct complaint why = { 0 };

	assert(source_new(&c, &source, &why) < 0);
	assert(strstr(why.error, words));
}

static void test_what_is_no_such_database_is_told(void)
{
	scratch_write("garbage.db",
		      "this is not a database, and long enough to be seen as none at all "
		      "by whoever looks at its first hundred bytes.",
		      0644);
	run_sql("other.db", "CREATE TABLE things(key TEXT, data BLOB)");
	run_sql("view.db",
		"CREATE TABLE t(a); CREATE VIEW objects AS SELECT 'k' AS key, x'00' AS data");
	run_sql("norowid.db",
		"CREATE TABLE objects(key TEXT PRIMARY KEY, data BLOB) WITHOUT ROWID");
	run_sql("columns.db", "CREATE TABLE objects(name TEXT PRIMARY KEY, data BLOB)");
	refuse_database("garbage.db", "not a database");
	refuse_database("other.db", "no table objects");
	refuse_database("view.db", "no table objects");
	refuse_database("norowid.db", "no table objects");
	refuse_database("columns.db", "no such column: key");
	refuse_database("missing.db", "No such file");
	refuse_database("tree", "no SQLite file");
	refuse_database(":memory:", "No such file");
}

/* --- all of them ----------------------------------------------------------------------------- */

static void test_how_much_there_is_is_counted_beforehand(void)
{
	struct source_config c = { .format = SOURCE_FILESYSTEM, .path = "tree" };
	volatile sig_atomic_t stop = 0;
	struct complaint why = { 0 };
	uint64_t n, bytes;

	assert(source_count(&c, &stop, &n, &bytes, &why) == 0);
	assert(n == 9 && bytes == 3 + 4 + 3 + 0 + 3);
	stop = 1;
	assert(source_count(&c, &stop, &n, &bytes, &why) == 0 && n == 0);
	c.path = "nowhere";
	assert(source_count(&c, &stop, &n, &bytes, &why) == -ENOENT &&
	       strstr(why.error, "nowhere"));
}

static void test_formats_have_names(void)
{
	enum source_format f;

	assert(source_format_parse("filesystem", &f) && f == SOURCE_FILESYSTEM);
	assert(source_format_parse("base32", &f) && f == SOURCE_BASE32);
	assert(source_format_parse("sqlite", &f) && f == SOURCE_SQLITE);
	assert(!source_format_parse("tar", &f) && !source_format_parse("", &f));
}

int main(void)
{
	struct scratch s = scratch_make();

	make_tree();
	test_keys_are_the_paths_of_a_tree();
	test_what_is_no_object_has_its_reason();
	test_what_is_excluded_is_counted_and_not_gone_into();
	test_t50_what_was_exchanged_for_a_link_is_not_read();
	test_who_writes_while_it_is_read_is_noticed();
	test_t43_the_older_services_tokens_are_no_object();
	test_a_tree_deeper_than_a_key_is_told();
	test_names_are_the_keys_base32_with_underscores();
	test_rows_of_a_table_are_objects();
	test_rows_are_excluded_by_their_key();
	test_a_large_value_is_read_in_pieces();
	test_a_database_in_wal_mode_is_read_as_it_is();
	test_what_is_no_such_database_is_told();
	test_how_much_there_is_is_counted_beforehand();
	test_formats_have_names();
	scratch_clear(&s);
	return 0;
}
