/* SPDX-License-Identifier: Apache-2.0 */
#include "client/credentials.h"

#include <jansson.h>

#include "scratch.h"

static struct credentials_file file_at(const char *path)
{
	struct complaint why = { 0 };
	struct credentials_file f;

	assert(credentials_open(path, &f, &why) == 0);
	return f;
}

static int write_pair(const struct credentials_file *f, const struct pair *pair,
		      const char *rest_endpoint, struct complaint *why)
{
	const struct credentials_told told = { "http://127.0.0.1:9", rest_endpoint, "eu", pair };

	return credentials_write(f, &told, why);
}

static void test_what_is_written_is_read(void)
{
	_cleanup_(credentials_close) struct credentials_file f = file_at("c.json");
	struct pair written, read = { 0 };
	struct complaint why = { 0 };
	json_t *root;

	assert(pair_set("AK\"1", "secret\\/+", &written));
	assert(credentials_read(&f, &read, &why) == CREDENTIALS_NONE);
	assert(write_pair(&f, &written, "http://127.0.0.1:8", &why) == 0);
	assert(scratch_mode("c.json") == 0600);
	assert(credentials_read(&f, &read, &why) == CREDENTIALS_OK);
	assert(strcmp(read.access_key, "AK\"1") == 0 && strcmp(read.secret_key, "secret\\/+") == 0);
	root = json_load_file("c.json", 0, NULL);
	assert(json_object_size(root) == 6);
	assert(strcmp(json_string_value(json_object_get(root, "s3_endpoint")),
		      "http://127.0.0.1:9") == 0);
	assert(strcmp(json_string_value(json_object_get(root, "region")), "eu") == 0);
	assert(strcmp(json_string_value(json_object_get(root, "rest_endpoint")),
		      "http://127.0.0.1:8") == 0);
	assert(json_is_null(json_object_get(root, "token")));
	json_decref(root);
}

static void test_without_rest_there_is_no_endpoint_of_it(void)
{
	_cleanup_(credentials_close) struct credentials_file f = file_at("s3.json");
	struct complaint why = { 0 };
	struct pair pair;
	json_t *root;

	assert(pair_set("AK1", "secret12", &pair));
	assert(write_pair(&f, &pair, NULL, &why) == 0);
	root = json_load_file("s3.json", 0, NULL);
	assert(json_is_null(json_object_get(root, "rest_endpoint")));
	json_decref(root);
}

static void test_open_mode_becomes_private(void)
{
	_cleanup_(credentials_close) struct credentials_file f = file_at("./open.json");
	struct complaint why = { 0 };
	struct pair pair;

	scratch_write("open.json", "", 0644);
	assert(pair_set("AK1", "secret12", &pair));
	assert(write_pair(&f, &pair, NULL, &why) == 0);
	assert(scratch_mode("open.json") == 0600);
}

static void test_empty_file_counts_as_none(void)
{
	_cleanup_(credentials_close) struct credentials_file f = file_at("empty.json");
	struct complaint why = { 0 };
	struct pair pair;

	scratch_write("empty.json", "", 0600);
	assert(credentials_read(&f, &pair, &why) == CREDENTIALS_NONE);
}

static void test_foreign_file_is_left_alone(void)
{
	static const char *const texts[] = {
		"#!/bin/sh\n",
		"{}",
		"[]",
		"{\"access_key\":\"AK1\",\"secret_key\":\"s\"}",
		"{\"s3_endpoint\":\"x\",\"access_key\":\"\",\"secret_key\":\"s\"}",
		"{\"s3_endpoint\":\"x\",\"access_key\":7,\"secret_key\":\"s\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(credentials_close) struct credentials_file f = file_at("foreign");
		struct complaint why = { 0 };
		struct pair pair;

		scratch_write("foreign", texts[i], 0600);
		assert(credentials_read(&f, &pair, &why) == -EEXIST);
		assert(strstr(why.error, "foreign"));
	}
}

static void test_only_regular_files_are_read(void)
{
	_cleanup_(credentials_close) struct credentials_file link_file = file_at("link");
	_cleanup_(credentials_close) struct credentials_file fifo = file_at("fifo");
	_cleanup_(credentials_close) struct credentials_file directory = file_at("directory");
	struct complaint why = { 0 };
	struct pair pair;

	assert(symlink("/etc/passwd", "link") == 0 && mkfifo("fifo", 0600) == 0);
	assert(mkdir("directory", 0700) == 0);
	assert(credentials_read(&link_file, &pair, &why) == -EEXIST);
	assert(credentials_read(&fifo, &pair, &why) == -EEXIST);
	assert(credentials_read(&directory, &pair, &why) == -EEXIST);
}

static void test_paths_that_name_no_file_are_refused(void)
{
	static const char *const paths[] = { "", "directory/", "missing/c.json" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct credentials_file f = { .dir_fd = -1 };
		struct complaint why = { 0 };

		assert(credentials_open(paths[i], &f, &why) < 0);
		assert(f.dir_fd == -1 && why.error[0]);
	}
}

int main(void)
{
	_cleanup_(scratch_clear) struct scratch s = scratch_make();

	test_what_is_written_is_read();
	test_without_rest_there_is_no_endpoint_of_it();
	test_open_mode_becomes_private();
	test_empty_file_counts_as_none();
	test_foreign_file_is_left_alone();
	test_only_regular_files_are_read();
	test_paths_that_name_no_file_are_refused();
	return 0;
}
