/* SPDX-License-Identifier: Apache-2.0 */
#include "client/overview.h"

#include "answerer.h"
#include "proc.h"

#define AUTHD	 70
#define STORED	 71
#define FRONTEND 72

#define UNCONFINED                                                                                 \
	"Name:\tx\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nCapBnd:\t000001ffffffffff\n"                \
	"NoNewPrivs:\t0\nSeccomp:\t0\n"

static json_t *ask(void)
{
	const struct overview_from from = { .proc = ".", .metrics = "metrics.sock" };
	json_t *answer =
		json_pack("{s:b, s:{s:s, s:i, s:i, s:i}}", "ok", 1, "status", "version", "1", "pid",
			  AUTHD, "stored_pid", STORED, "frontend_pid", FRONTEND);

	assert(answer && overview_add(answer, &from) == 0);
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

/* --- with figures ------------------------------------------------------------------------- */

#define BUILD(daemon, version, grade)                                                              \
	"coffer_build_info{daemon=\"" daemon "\",version=\"" version "\",confinement=\"" grade     \
	"\"} 1\n"

#define FIGURES                                                                                    \
	"coffer_landlock_abi{daemon=\"authd\"} 4\n"                                                \
	"coffer_landlock_abi{daemon=\"stored\"} 0\n"                                               \
	"coffer_requests_total{operation=\"GetObject\",dialect=\"s3\",status=\"2xx\"} 10\n"        \
	"coffer_requests_total{operation=\"PutObject\",dialect=\"s3\",status=\"3xx\"} 1\n"         \
	"coffer_requests_total{operation=\"none\",dialect=\"s3\",status=\"4xx\"} 20\n"             \
	"coffer_requests_total{operation=\"PutObject\",dialect=\"s3\",status=\"5xx\"} 30\n"        \
	"coffer_requests_total{operation=\"GetObject\",dialect=\"rest\",status=\"none\"} 7\n"      \
	"coffer_authd_tenants 2\ncoffer_authd_access_keys 3\ncoffer_authd_tokens 4\n"              \
	"coffer_stored_disk_size_bytes 1000\n"

static json_t *ask_with(const char *figures)
{
	char *page = answerer_page(figures);
	pid_t pid = answerer_start("metrics.sock", page);
	json_t *answer;

	put_all();
	answer = ask();
	answerer_stop(pid);
	free(page);
	return answer;
}

static json_int_t number(const json_t *answer, const char *object, const char *member)
{
	const json_t *status = json_object_get(answer, "status");

	return json_integer_value(json_object_get(json_object_get(status, object), member));
}

static bool warns(const json_t *answer, const char *of)
{
	const json_t *list = json_object_get(json_object_get(answer, "status"), "warnings"), *one;
	size_t i;

	json_array_foreach(list, i, one) if (strstr(json_string_value(one), of)) return true;
	return false;
}

static size_t warnings(const json_t *answer)
{
	return json_array_size(json_object_get(json_object_get(answer, "status"), "warnings"));
}

static void test_figures_are_added_up(void)
{
	json_t *answer = ask_with(FIGURES BUILD("authd", "1", "full") BUILD(
		       "stored", "1", "one-uid") "coffer_stored_disk_free_bytes 500\n"
						 "coffer_stored_disk_floor_bytes 100\n"),
	       *s3 = json_object_get(json_object_get(json_object_get(answer, "status"), "requests"),
				     "s3"),
	       *rest = json_object_get(
		       json_object_get(json_object_get(answer, "status"), "requests"), "rest");

	assert(json_integer_value(json_object_get(s3, "total")) == 61);
	assert(json_integer_value(json_object_get(s3, "client_errors")) == 20);
	assert(json_integer_value(json_object_get(s3, "server_errors")) == 30);
	assert(json_integer_value(json_object_get(rest, "total")) == 7);
	assert(json_integer_value(json_object_get(rest, "unanswered")) == 7);
	assert(json_integer_value(json_object_get(json_object_get(answer, "status"), "tokens")) ==
	       4);
	assert(number(answer, "disk", "free_bytes") == 500);
	assert(number(answer, "disk", "floor_bytes") == 100);
	assert(strcmp(text(answer, 0, "grade"), "full") == 0 && !text(answer, 2, "version"));
	assert(warnings(answer) == 1 && warns(answer, "coffer-frontend does not say how it is"));
	json_decref(answer);
}

static void test_what_somebody_should_see_to_is_warned_of(void)
{
	json_t *answer = ask_with(FIGURES BUILD("authd", "1", "full") BUILD(
		"stored", "2", "degraded") "coffer_stored_disk_free_bytes 100\n"
					   "coffer_stored_disk_floor_bytes 100\n");

	assert(warns(answer, "uploads are refused"));
	assert(warns(answer, "coffer-stored is degraded, without Landlock"));
	assert(warns(answer, "coffer-stored is version 2, and coffer-authd 1"));
	assert(warnings(answer) == 4);
	json_decref(answer);
}

static void test_without_figures_that_is_warned_of(void)
{
	json_t *answer;

	unlink("metrics.sock");
	put_all();
	answer = ask();
	assert(warns(answer, "no figures from metrics.sock: No such file"));
	assert(!json_object_get(json_object_get(answer, "status"), "requests"));
	assert(number(answer, "disk", "size_bytes") > 0);
	json_decref(answer);
	PUT(FRONTEND, "/x/coffer-frontend", UNCONFINED, 40);
	answer = ask();
	assert(warns(answer, "coffer-frontend is without seccomp"));
	json_decref(answer);
}

/* As of `coffer up` without root. */
static void test_a_bounding_set_out_of_reach_is_told_and_not_warned_of(void)
{
	char status[] = CONFINED;
	json_t *answer;

	memcpy(strstr(status, "CapBnd:\t0000000000000000"), "CapBnd:\t000001fffeffffff", 24);
	put_all();
	PUT(FRONTEND, "/x/coffer-frontend", status, 40);
	answer = ask();
	assert(strcmp(text(answer, 2, "confinement"), "without dropped-capabilities") == 0);
	assert(!warns(answer, "coffer-frontend is without"));
	json_decref(answer);
}

/* The frontend's word is taken for no more than it is. */
static void test_t73_figures_that_are_no_text_break_nothing(void)
{
	json_t *answer = ask_with(BUILD("authd", "\xff", "\xff") "coffer_authd_tenants 1\n");

	assert(!text(answer, 0, "version") && !text(answer, 0, "grade"));
	assert(strcmp(text(answer, 0, "confinement"), "in force") == 0);
	json_decref(answer);
}

static void test_a_daemon_that_is_away_is_warned_of(void)
{
	const struct overview_from from = { .proc = ".", .metrics = "metrics.sock" };
	json_t *answer = json_pack("{s:b, s:{s:i}}", "ok", 1, "status", "pid", AUTHD);

	put_all();
	assert(overview_add(answer, &from) == 0);
	assert(strcmp(text(answer, 1, "state"), "away") == 0);
	assert(warns(answer, "coffer-stored is away") && warns(answer, "coffer-frontend is away"));
	assert(!warns(answer, "coffer-authd is away"));
	json_decref(answer);
}

int main(void)
{
	struct scratch s = scratch_make();

	proc_begin();
	test_figures_are_added_up();
	test_what_somebody_should_see_to_is_warned_of();
	test_without_figures_that_is_warned_of();
	test_a_bounding_set_out_of_reach_is_told_and_not_warned_of();
	test_t73_figures_that_are_no_text_break_nothing();
	test_a_daemon_that_is_away_is_warned_of();
	test_daemons_are_seen();
	test_what_is_missing_is_named();
	test_another_process_of_that_pid_is_not_the_daemon();
	test_pids_of_another_namespace_are_nobodys();
	scratch_clear(&s);
	return 0;
}
