/* SPDX-License-Identifier: Apache-2.0 */
#include "client/bulletin.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static char *print(const char *status)
{
	json_t *parsed = json_loads(status, 0, NULL);
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert(parsed && f);
	bulletin_print(f, parsed);
	assert(fclose(f) == 0);
	json_decref(parsed);
	return text;
}

static void test_warnings_come_first_and_are_loud(void)
{
	char *text =
		print("{\"version\":\"1\",\"warnings\":[\"coffer-stored is \\u001b[2J\",\"b\"]}");

	assert(strncmp(text, "WARNING: coffer-stored is ?[2J\nWARNING: b\n\n", 43) == 0);
	free(text);
	text = print("{\"version\":\"1\",\"warnings\":[]}");
	assert(!strstr(text, "WARNING") && strncmp(text, "Coffer 1,", 9) == 0);
	free(text);
}

static void test_a_daemon_has_its_confinement_in_parts(void)
{
	char *text = print(
		"{\"daemons\":[{\"name\":\"authd\",\"confinement\":\"in force\",\"landlock_abi\":3,"
		"\"uptime_s\":90},"
		"{\"name\":\"stored\",\"confinement\":\"without seccomp\",\"landlock_abi\":0},"
		"{\"name\":\"frontend\",\"confinement\":\"not visible from here\"}]}");

	assert(strstr(text, "1 min 30 s  seccomp, no-new-privs, no capabilities, Landlock 3\n"));
	assert(strstr(text, "without seccomp, WITHOUT Landlock\n"));
	assert(strstr(text, "not visible from here\n"));
	free(text);
}

static void test_requests_stand_in_a_row_for_each_dialect(void)
{
	char *text = print("{\"requests\":{\"s3\":{\"total\":1234,\"client_errors\":5},"
			   "\"rest\":{\"total\":6}}}");

	assert(strstr(text, "\ns3       1234      5 "));
	assert(strstr(text, "\nrest     6 "));
	free(text);
}

static void test_a_full_disk_is_told(void)
{
	char *text =
		print("{\"disk\":{\"size_bytes\":2048,\"free_bytes\":1024,\"floor_bytes\":1536,"
		      "\"uploads_refused\":true}}");

	assert(strstr(text,
		      "disk: 1.0 KiB of 2.0 KiB free; uploads are refused NOW, below 1.5 KiB\n"));
	free(text);
}

static void test_what_is_not_known_is_not_told(void)
{
	char *text = print("{\"version\":\"1\"}");

	assert(!strstr(text, "disk") && !strstr(text, "DIALECT") && !strstr(text, "tenants"));
	free(text);
}

int main(void)
{
	test_warnings_come_first_and_are_loud();
	test_a_daemon_has_its_confinement_in_parts();
	test_requests_stand_in_a_row_for_each_dialect();
	test_a_full_disk_is_told();
	test_what_is_not_known_is_not_told();
	return 0;
}
