/* SPDX-License-Identifier: Apache-2.0 */

/* Tenants: shown, changed and limited. */

#include "tenant-scene.h"

/* --- showing and calling them ---------------------------------------------------------------- */

static void test_a_tenant_is_shown_with_what_hangs_on_it(void)
{
	const json_t *t;
	json_t *answer;

	create("shown");
	create_key("shown", "key-of-shown");
	clerk_done(
		clerk_ask(&office, "{\"do\":\"user.create\",\"tenant\":\"shown\",\"user\":\"u\"}"));
	answer = order("tenant.show", "shown", "");
	t = json_object_get(answer, "tenant");
	assert(json_integer_value(json_object_get(t, "users")) == 1);
	assert(json_integer_value(json_object_get(t, "keys")) == 1);
	assert(json_integer_value(json_object_get(t, "tokens")) == 0);
	assert(told(answer, "state", "active"));
	clerk_refused(order("tenant.show", "nobody", ""), "There is no tenant nobody.");
}

static void test_what_is_given_changes_and_the_rest_stays(void)
{
	create("called");
	assert(told(order("tenant.update", "called", ",\"display_name\":\"Called Ltd\""),
		    "display_name", "Called Ltd"));
	assert(told(order("tenant.update", "called", ",\"email\":\"a@b\""), "display_name",
		    "Called Ltd"));
	office_restart(&office);
	connect_stored();
	assert(strcmp(find("called")->display_name, "Called Ltd") == 0);
	assert(strcmp(find("called")->email, "a@b") == 0);
	clerk_refused(order("tenant.update", "called", ""), "Nothing was said");
	clerk_refused(order("tenant.update", "called", ",\"email\":\"\""), "email must be");
	clerk_refused(order("tenant.update", "nobody", ",\"email\":\"a@b\""), "There is no tenant");
}

/* Both come from a copy of the tenant as it was. */
static void test_two_changes_at_once_do_not_undo_one_another(void)
{
	static const char update[] = "{\"do\":\"tenant.update\",\"name\":\"twice\","
				     "\"display_name\":\"Twice\"}\n";
	int a, b = clerk_connect(&office);

	create("twice");
	a = change_suspension("twice", true);
	clerk_say(&office, b, update, strlen(update));
	say_suspend_taken(hear_suspend(&find("twice")->id, true));
	assert(clerk_hear(&office, a) && clerk_hear(&office, b));
	close(a);
	close(b);
	office_restart(&office);
	connect_stored();
	assert(find("twice")->suspended && strcmp(find("twice")->display_name, "Twice") == 0);
}

/* --- limiting ------------------------------------------------------------------------------ */

/* The limits that an answer tells of, as JSON. */
static bool told_limits(json_t *answer, const char *limits, const char *own)
{
	const json_t *t = json_object_get(answer, "tenant");
	json_t *a = json_loads(limits, 0, NULL), *b = json_loads(own, 0, NULL);
	bool same = json_equal(json_object_get(t, "limits"), a) &&
		    json_equal(json_object_get(t, "own_limits"), b);

	json_decref(a);
	json_decref(b);
	clerk_done(answer);
	return same;
}

static void test_limits_are_set_each_by_itself_and_stay(void)
{
	static const char both[] = "{\"requests_per_second\":7,\"burst\":null,\"bandwidth\":65536,"
				   "\"parallel\":null}",
			  own[] = "[\"requests_per_second\",\"bandwidth\"]";

	create("limited");
	create("free");
	clerk_done(order("tenant.limit", "limited", ",\"bandwidth\":65536"));
	assert(told_limits(order("tenant.limit", "limited", ",\"requests_per_second\":7"), both,
			   own));
	assert(find("limited")->ceilings.of[CEILING_RATE] == 7);
	office_restart(&office);
	connect_stored();
	assert(told_limits(order("tenant.show", "limited", ""), both, own));
	assert(told_limits(order("tenant.show", "free", ""),
			   "{\"requests_per_second\":null,\"burst\":null,\"bandwidth\":null,"
			   "\"parallel\":null}",
			   "[]"));
}

static void test_a_limit_is_none_or_that_of_all_by_a_word(void)
{
	office.authd.live.limits.of_all.of[CEILING_PARALLEL] = 9;
	create("worded");
	assert(told_limits(order("tenant.limit", "worded", ",\"parallel\":\"none\",\"burst\":5"),
			   "{\"requests_per_second\":null,\"burst\":5,\"bandwidth\":null,"
			   "\"parallel\":null}",
			   "[\"burst\",\"parallel\"]"));
	assert(told_limits(
		order("tenant.limit", "worded", ",\"parallel\":\"default\",\"burst\":\"default\""),
		"{\"requests_per_second\":null,\"burst\":null,\"bandwidth\":null,"
		"\"parallel\":9}",
		"[]"));
	office.authd.live.limits.of_all.of[CEILING_PARALLEL] = CEILING_NONE;
}

static void test_what_is_no_limit_is_refused_by_a_sentence_of_its_own(void)
{
	static const struct {
		const char *member, *words;
	} wrong[] = {
		{ ",\"requests_per_second\":0", "requests_per_second must be a whole number" },
		{ ",\"requests_per_second\":1000001", "from 1 to 1000000, none or default" },
		{ ",\"requests_per_second\":\"7\"", "requests_per_second must be" },
		{ ",\"requests_per_second\":1.5", "requests_per_second must be" },
		{ ",\"burst\":\"none\"", "burst must be a whole number from 1 to 10000000, or" },
		{ ",\"burst\":10000001", "burst must be" },
		{ ",\"bandwidth\":65535", "bandwidth must be a number of bytes from 64KiB to" },
		{ ",\"bandwidth\":1099511627777", "bandwidth must be" },
		{ ",\"parallel\":0", "parallel must be a whole number from 1 to 100000" },
		{ ",\"parallel\":null", "parallel must be" },
		{ "", "Nothing was said that is to be otherwise." },
	};
	const struct ceilings before = CEILINGS_OF_ALL;

	create("wronged");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		clerk_refused(order("tenant.limit", "wronged", wrong[i].member), wrong[i].words);
	assert(memcmp(&find("wronged")->ceilings, &before, sizeof(before)) == 0);
	clerk_refused(order("tenant.limit", "nobody", ",\"parallel\":1"), "There is no tenant");
}

int main(void)
{
	office_open(&office);
	connect_stored();
	test_a_tenant_is_shown_with_what_hangs_on_it();
	test_what_is_given_changes_and_the_rest_stays();
	test_two_changes_at_once_do_not_undo_one_another();
	test_limits_are_set_each_by_itself_and_stay();
	test_a_limit_is_none_or_that_of_all_by_a_word();
	test_what_is_no_limit_is_refused_by_a_sentence_of_its_own();
	close(stored);
	office_close(&office);
	return 0;
}
