/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/landing.h"

#include <fcntl.h>

#include "base/fd.h"
#include "scratch.h"

#undef NDEBUG
#include <assert.h>

static struct landing open_landing(const char *path)
{
	struct complaint why = { 0 };
	struct landing l;

	assert(landing_open(path, &l, &why) == 0);
	return l;
}

/* Puts a file under the key. */
static int put(struct landing *l, const char *key, const char *text, bool replace)
{
	struct landing_file f, *all[] = { &f };

	assert(landing_begin(l, &f) == 0);
	assert(fd_write_all(f.fd, span_from_string(text)) == 0);
	f.key = span_from_string(key);
	f.modified_ns = 1000000000 * NS_PER_S;
	landing_place(l, all, 1, replace);
	assert(f.fd == -1);
	return f.result;
}

static bool has(const char *path, const char *text)
{
	char buf[64] = "";
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		return false;
	n = fread(buf, 1, sizeof(buf) - 1, f);
	fclose(f);
	return n == strlen(text) && strcmp(buf, text) == 0;
}

static void test_t50_keys_that_cannot_be_a_path_inside_are_refused(void)
{
	static char long_name[NAME_MAX + 1];
	static const struct span refused[] = {
		SPAN("/etc/passwd"),
		SPAN("../x"),
		SPAN("a/../../x"),
		SPAN("a/.."),
		SPAN(".."),
		SPAN("."),
		SPAN("./a"),
		SPAN("a/./b"),
		SPAN("a//b"),
		SPAN("a/"),
		SPAN("/"),
		SPAN("//"),
		SPAN("a\0b"),
		SPAN(LANDING_WORK),
		SPAN(LANDING_WORK "/1"),
		SPAN(""),
	};
	static const struct span fine[] = {
		SPAN("a"),
		SPAN("a/b/c"),
		SPAN("..."),
		SPAN(".hidden"),
		SPAN("a/..b"),
		SPAN("a\\b"),
		SPAN("-rf *"),
		SPAN("a\nb"),
		SPAN("x/" LANDING_WORK),
		SPAN(LANDING_WORK "s"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert(landing_refuses(refused[i]));
	for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
		assert(!landing_refuses(fine[i]));
	memset(long_name, 'x', sizeof(long_name));
	assert(landing_refuses((struct span){ long_name, NAME_MAX + 1 }));
	assert(!landing_refuses((struct span){ long_name, NAME_MAX }));
}

static void test_a_file_appears_whole_with_its_age_and_for_its_owner(void)
{
	struct landing l = open_landing("out");
	struct stat st;
	int fd;

	assert(put(&l, "a/b/c", "hello", false) == 0);
	assert(has("out/a/b/c", "hello"));
	assert(scratch_mode("out") == 0700 && scratch_mode("out/a/b") == 0700);
	assert(scratch_mode("out/a/b/c") == 0600);
	assert(landing_find(&l, SPAN("a/b/c"), &fd, &st) == 0);
	assert(st.st_size == 5 && st.st_mtim.tv_sec == 1000000000);
	fd_close(fd);
	assert(landing_find(&l, SPAN("a/b/none"), &fd, &st) == -ENOENT);
	assert(landing_find(&l, SPAN("a/b"), &fd, &st) == -EISDIR);
	assert(landing_find(&l, SPAN("a/b/c/d"), &fd, &st) == -ENOTDIR);
	assert(landing_finish(&l) == 0);
	landing_close(&l);
	assert(access("out/" LANDING_WORK, F_OK) < 0);
}

static void test_many_are_placed_together_and_each_has_its_own_result(void)
{
	struct landing l = open_landing("out");
	struct landing_file files[6], *all[6];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		static const char *const keys[] = {
			"m/0", "m/1", "a/b/c", "a/b/c/x", "n/4", "m/5"
		};

		all[i] = &files[i];
		assert(landing_begin(&l, &files[i]) == 0);
		assert(fd_write_all(files[i].fd, SPAN("new")) == 0);
		files[i].key = span_from_string(keys[i]);
		files[i].modified_ns = 0;
	}
	landing_place(&l, all, ARRAY_SIZE(files), false);
	assert(files[0].result == 0 && files[1].result == 0 && files[4].result == 0);
	assert(files[2].result == -EEXIST && files[3].result == -ENOTDIR);
	assert(has("out/m/0", "new") && has("out/n/4", "new") && has("out/m/5", "new"));
	assert(has("out/a/b/c", "hello"));
	landing_close(&l);
	assert(access("out/" LANDING_WORK, F_OK) < 0);
}

static void test_what_is_there_is_replaced_only_where_that_is_asked(void)
{
	struct landing l = open_landing("out");

	assert(put(&l, "a/b/c", "other", false) == -EEXIST && has("out/a/b/c", "hello"));
	assert(put(&l, "a/b/c", "other", true) == 0 && has("out/a/b/c", "other"));
	assert(put(&l, "a/b", "other", true) == -EISDIR);
	landing_close(&l);
}

static void test_t50_planted_links_lead_nowhere(void)
{
	struct landing l = open_landing("out");
	struct stat st;
	int fd;

	assert(mkdir("elsewhere", 0700) == 0);
	scratch_write("victim", "victim", 0600);
	assert(symlink("../elsewhere", "out/dir") == 0 && symlink("../victim", "out/file") == 0);
	assert(landing_find(&l, SPAN("file"), &fd, &st) == -ELOOP);
	assert(landing_find(&l, SPAN("dir/x"), &fd, &st) == -ENOTDIR);
	assert(put(&l, "dir/x", "x", true) == -ENOTDIR);
	assert(access("elsewhere/x", F_OK) < 0);
	/* The link itself may be replaced; what it leads to is not touched. */
	assert(put(&l, "file", "x", false) == -EEXIST);
	assert(put(&l, "file", "x", true) == 0 && has("victim", "victim") && has("out/file", "x"));
	landing_close(&l);
}

static void test_one_export_at_a_time_and_what_an_earlier_one_left_is_cleared_out(void)
{
	struct landing l = open_landing("out"), second;
	struct complaint why = { 0 };
	struct landing_file f;

	assert(landing_open("out", &second, &why) == -EBUSY);
	assert(landing_begin(&l, &f) == 0);
	fd_close(f.fd);
	/* As after kill -9. */
	fd_close(l.work_fd);
	fd_close(l.root_fd);
	assert(access("out/" LANDING_WORK "/1", F_OK) == 0);
	l = open_landing("out");
	assert(access("out/" LANDING_WORK "/1", F_OK) < 0);
	landing_close(&l);
}

static void test_t50_a_planted_place_for_unfinished_files_is_refused(void)
{
	struct complaint why = { 0 };
	struct landing l;

	assert(mkdir("planted", 0700) == 0 &&
	       symlink("../elsewhere", "planted/" LANDING_WORK) == 0);
	assert(landing_open("planted", &l, &why) < 0);
	assert(unlink("planted/" LANDING_WORK) == 0);
	assert(mkdir("planted/" LANDING_WORK, 0700) == 0);
	assert(chmod("planted/" LANDING_WORK, 0777) == 0);
	assert(landing_open("planted", &l, &why) == -EPERM);
}

int main(void)
{
	struct scratch s = scratch_make();

	umask(0022);
	test_t50_keys_that_cannot_be_a_path_inside_are_refused();
	test_a_file_appears_whole_with_its_age_and_for_its_owner();
	test_many_are_placed_together_and_each_has_its_own_result();
	test_what_is_there_is_replaced_only_where_that_is_asked();
	test_t50_planted_links_lead_nowhere();
	test_one_export_at_a_time_and_what_an_earlier_one_left_is_cleared_out();
	test_t50_a_planted_place_for_unfinished_files_is_refused();
	scratch_clear(&s);
	return 0;
}
