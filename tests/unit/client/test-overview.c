/* SPDX-License-Identifier: Apache-2.0 */
#include "client/overview.h"

#include "proc.h"

#define AUTHD	 70
#define STORED	 71
#define FRONTEND 72

#define UNCONFINED                                                                                 \
	"Name:\tx\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nCapBnd:\t000001ffffffffff\n"                \
	"NoNewPrivs:\t0\nSeccomp:\t0\n"

static json_t *ask(void)
{
	json_t *answer = json_pack("{s:b, s:{s:i, s:i, s:i}}", "ok", 1, "status", "pid", AUTHD,
				   "stored_pid", STORED, "frontend_pid", FRONTEND);

	assert(answer && overview_add(answer, ".") == 0);
	return answer;
}

static const char *text(const json_t *answer, size_t daemon, const char *member)
{
	const json_t *list = json_object_get(json_object_get(answer, "status"), "daemons");

	return json_string_value(json_object_get(json_array_get(list, daemon), member));
}

static void put_all(void)
{
	PUT(AUTHD, "/x/coffer-authd\0--state\0/d", CONFINED, 40);
	PUT(STORED, "/x/coffer-stored\0--data\0/", CONFINED, 40);
	PUT(FRONTEND, "/x/coffer-frontend", CONFINED, 40);
}

/* Nothing of what another process is is said of the daemon. */
static void assert_unseen(const json_t *answer, size_t daemon)
{
	assert(strcmp(text(answer, daemon, "state"), "up") == 0);
	assert(strcmp(text(answer, daemon, "confinement"), OVERVIEW_NOT_VISIBLE) == 0);
	assert(!text(answer, daemon, "user"));
}

static void test_daemons_are_seen(void)
{
	json_t *answer;

	put_all();
	answer = ask();
	for (size_t d = 0; d < 3; d++) {
		assert(strcmp(text(answer, d, "confinement"), "in force") == 0);
		assert(text(answer, d, "user")[0]);
	}
	assert(json_object_get(json_object_get(answer, "status"), "disk"));
	json_decref(answer);
}

static void test_what_is_missing_is_named(void)
{
	json_t *answer;

	put_all();
	PUT(FRONTEND, "/x/coffer-frontend", UNCONFINED, 40);
	answer = ask();
	assert(strstr(text(answer, 2, "confinement"), "without seccomp"));
	assert(strcmp(text(answer, 1, "confinement"), "in force") == 0);
	json_decref(answer);
}

static void test_another_process_of_that_pid_is_not_the_daemon(void)
{
	json_t *answer;

	put_all();
	PUT(STORED, "/bin/sleep\0--data\0/", UNCONFINED, 40);
	answer = ask();
	assert(strcmp(text(answer, 0, "confinement"), "in force") == 0);
	assert_unseen(answer, 1);
	assert(!json_object_get(json_object_get(answer, "status"), "disk"));
	json_decref(answer);
}

/* As from outside of a container: authd's pid there is somebody's here. */
static void test_pids_of_another_namespace_are_nobodys(void)
{
	json_t *answer;

	put_all();
	PUT(AUTHD, "/sbin/init", UNCONFINED, 40);
	answer = ask();
	for (size_t d = 0; d < 3; d++)
		assert_unseen(answer, d);
	json_decref(answer);
	PUT(AUTHD, "/x/coffer-authd\0--state\0/d", CONFINED "NSpid:\t70\t2\n", 40);
	answer = ask();
	for (size_t d = 0; d < 3; d++)
		assert_unseen(answer, d);
	json_decref(answer);
}

int main(void)
{
	struct scratch s = scratch_make();

	proc_begin();
	test_daemons_are_seen();
	test_what_is_missing_is_named();
	test_another_process_of_that_pid_is_not_the_daemon();
	test_pids_of_another_namespace_are_nobodys();
	scratch_clear(&s);
	return 0;
}
