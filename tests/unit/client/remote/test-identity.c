/* SPDX-License-Identifier: Apache-2.0 */
#include "client/remote/identity.h"

#include "scratch.h"

static void write_file(const char *text, mode_t mode)
{
	unlink("f");
	scratch_write("f", text, mode);
}

static void test_a_file_has_a_pair_and_perhaps_a_region(void)
{
	static const struct {
		const char *text, *region;
	} cases[] = {
		{ "{\"access_key\":\"AK\",\"secret_key\":\"secret 1\"}", "us-east-1" },
		{ "{\"ok\":true,\"key\":{\"access_key\":\"AK\",\"user\":null,"
		  "\"secret_key\":\"secret 1\"}}\n",
		  "us-east-1" },
		{ "{\"s3_endpoint\":\"x\",\"region\":\"eu-1\",\"access_key\":\"AK\","
		  "\"secret_key\":\"secret 1\",\"token\":null}",
		  "eu-1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complaint why = { 0 };
		struct identity ret;

		write_file(cases[i].text, i ? 0600 : 0400);
		assert(identity_take("f", &ret, &why) == 0);
		assert(strcmp(ret.pair.access_key, "AK") == 0);
		assert(strcmp(ret.pair.secret_key, "secret 1") == 0);
		assert(strcmp(ret.region, cases[i].region) == 0);
	}
}

static void test_a_file_that_others_can_reach_is_refused(void)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666, 0777 };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct complaint why = { 0 };
		struct identity ret = { 0 };

		write_file("{\"access_key\":\"AK\",\"secret_key\":\"secret 1\"}", modes[i]);
		assert(identity_take("f", &ret, &why) == -EPERM);
		assert(strstr(why.error, "owner") && strstr(why.hint, "chmod 600"));
		assert(!ret.pair.secret_key[0]);
	}
}

static void test_other_files_are_refused_without_their_text(void)
{
	static const char *const texts[] = {
		"",
		"sesame",
		"{\"access_key\":\"AK\"}",
		"{\"secret_key\":\"sesame\"}",
		"{\"access_key\":\"\",\"secret_key\":\"sesame\"}",
		"{\"access_key\":\"A/K\",\"secret_key\":\"sesame\"}",
		"{\"access_key\":\"A\\r\\nK\",\"secret_key\":\"sesame\"}",
		"{\"access_key\":\"AK\",\"secret_key\":[\"sesame\"]}",
		"{\"access_key\":\"AK\",\"access_key\":\"AK\",\"secret_key\":\"sesame\"}",
		"{\"access_key\":\"AK\",\"secret_key\":\"sesame\",\"region\":\"a/b\"}",
		"{\"access_key\":\"AK\",\"secret_key\":\"sesame\",\"region\":\"a\\nb\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct complaint why = { 0 };
		struct identity ret;

		write_file(texts[i], 0600);
		assert(identity_take("f", &ret, &why) == -EINVAL);
		assert(why.error[0] && !strstr(why.error, "sesame") && !strstr(why.hint, "sesame"));
	}
}

static void test_what_is_no_file_is_refused(void)
{
	struct complaint why = { 0 };
	struct identity ret;

	assert(identity_take("nothing", &ret, &why) == -ENOENT);
	assert(mkdir("d", 0700) == 0 && mkfifo("p", 0600) == 0);
	assert(identity_take("d", &ret, &why) < 0);
	assert(identity_take("p", &ret, &why) == -EINVAL);
	assert(identity_take("/dev/zero", &ret, &why) == -EINVAL);
}

static void test_the_environment_is_read_and_emptied(void)
{
	struct complaint why = { 0 };
	struct identity ret;

	setenv("MINIO_ACCESS_KEY", "other", 1);
	setenv("MINIO_SECRET_KEY", "other secret", 1);
	setenv("AWS_ACCESS_KEY_ID", "AK", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "secret 1", 1);
	setenv("AWS_REGION", "eu-2", 1);
	assert(identity_take(NULL, &ret, &why) == 0);
	assert(strcmp(ret.pair.access_key, "AK") == 0 && strcmp(ret.region, "eu-2") == 0);
	assert(!getenv("AWS_SECRET_ACCESS_KEY") && !getenv("MINIO_SECRET_KEY"));
	assert(identity_take(NULL, &ret, &why) == -ENOKEY && why.hint[0]);
	setenv("AWS_ACCESS_KEY_ID", "AK", 1);
	assert(identity_take(NULL, &ret, &why) == -EINVAL);
	assert(strstr(why.error, "AWS_SECRET_ACCESS_KEY"));
	setenv("AWS_ACCESS_KEY_ID", "A K", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "secret 1", 1);
	assert(identity_take(NULL, &ret, &why) == -EINVAL);
	setenv("AWS_ACCESS_KEY_ID", "AK", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "secret 1", 1);
	setenv("AWS_REGION", "", 1);
	assert(identity_take(NULL, &ret, &why) == 0);
	assert(strcmp(ret.region, "us-east-1") == 0);
	unsetenv("AWS_REGION");
}

int main(void)
{
	_cleanup_(scratch_clear) struct scratch s = scratch_make();

	test_a_file_has_a_pair_and_perhaps_a_region();
	test_a_file_that_others_can_reach_is_refused();
	test_other_files_are_refused_without_their_text();
	test_what_is_no_file_is_refused();
	test_the_environment_is_read_and_emptied();
	return 0;
}
