/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/credentials.h"

#include <jansson.h>
#include <stdio.h>

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
	const struct credentials c = { .pair = *pair, .token = "cft_x" };
	const struct credentials_told told = { "http://127.0.0.1:9", rest_endpoint, "eu", &c };

	return credentials_write(f, &told, why);
}

static void test_what_is_written_is_read(void)
{
	_cleanup_(credentials_close) struct credentials_file f = file_at("c.json");
	struct credentials read = { 0 };
	struct pair written;
	struct complaint why = { 0 };
	json_t *root;

	assert(pair_set("AK\"1", "secret\\/+", &written));
	assert(credentials_read(&f, &read, &why) == CREDENTIALS_NONE);
	assert(write_pair(&f, &written, "http://127.0.0.1:8", &why) == 0);
	assert(scratch_mode("c.json") == 0600);
	assert(credentials_read(&f, &read, &why) == CREDENTIALS_OK);
	assert(strcmp(read.pair.access_key, "AK\"1") == 0 &&
	       strcmp(read.pair.secret_key, "secret\\/+") == 0);
	root = json_load_file("c.json", 0, NULL);
	assert(json_object_size(root) == 6);
	assert(strcmp(json_string_value(json_object_get(root, "s3_endpoint")),
		      "http://127.0.0.1:9") == 0);
	assert(strcmp(json_string_value(json_object_get(root, "region")), "eu") == 0);
	assert(strcmp(json_string_value(json_object_get(root, "rest_endpoint")),
		      "http://127.0.0.1:8") == 0);
	assert(strcmp(json_string_value(json_object_get(root, "token")), "cft_x") == 0);
	assert(strcmp(read.token, "cft_x") == 0);
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

/* Files of before there were tokens, and of servers without REST. */
static void test_a_file_without_a_token_is_read(void)
{
	static const char *const texts[] = { "", ",\"token\":null" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(credentials_close) struct credentials_file f = file_at("tokenless");
		struct credentials read = { .token = "left over" };
		struct complaint why = { 0 };
		char text[128];

		snprintf(text, sizeof(text),
			 "{\"s3_endpoint\":\"x\",\"access_key\":\"a\",\"secret_key\":\"s\"%s}",
			 texts[i]);
		scratch_write("tokenless", text, 0600);
		assert(credentials_read(&f, &read, &why) == CREDENTIALS_OK);
		assert(!read.token[0]);
	}
}

static void test_empty_file_counts_as_none(void)
{
	_cleanup_(credentials_close) struct credentials_file f = file_at("empty.json");
	struct complaint why = { 0 };
	struct credentials read;

	scratch_write("empty.json", "", 0600);
	assert(credentials_read(&f, &read, &why) == CREDENTIALS_NONE);
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
		"{\"s3_endpoint\":\"x\",\"access_key\":\"a\",\"secret_key\":\"s\",\"token\":7}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(credentials_close) struct credentials_file f = file_at("foreign");
		struct complaint why = { 0 };
		struct credentials read;

		scratch_write("foreign", texts[i], 0600);
		assert(credentials_read(&f, &read, &why) == -EEXIST);
		assert(strstr(why.error, "foreign"));
	}
}

static void test_only_regular_files_are_read(void)
{
	_cleanup_(credentials_close) struct credentials_file link_file = file_at("link");
	_cleanup_(credentials_close) struct credentials_file fifo = file_at("fifo");
	_cleanup_(credentials_close) struct credentials_file directory = file_at("directory");
	struct complaint why = { 0 };
	struct credentials read;

	assert(symlink("/etc/passwd", "link") == 0 && mkfifo("fifo", 0600) == 0);
	assert(mkdir("directory", 0700) == 0);
	assert(credentials_read(&link_file, &read, &why) == -EEXIST);
	assert(credentials_read(&fifo, &read, &why) == -EEXIST);
	assert(credentials_read(&directory, &read, &why) == -EEXIST);
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
	test_a_file_without_a_token_is_read();
	test_empty_file_counts_as_none();
	test_foreign_file_is_left_alone();
	test_only_regular_files_are_read();
	test_paths_that_name_no_file_are_refused();
	return 0;
}
