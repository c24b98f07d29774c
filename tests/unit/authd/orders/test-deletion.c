/* SPDX-License-Identifier: Apache-2.0 */

/* Tenants that go, whoever dies meanwhile. */

#include "tenant-scene.h"

static void test_a_tenant_without_buckets_goes_with_its_credentials(void)
{
	struct ipc_id id;

	create("gone");
	create_key("gone", "key-of-gone");
	id = find("gone")->id;
	assert(told(delete_asking("gone", S3_ERROR_NONE), "state", "deleting"));
	assert(find("gone")->deletion == TENANT_GOES_EMPTY);
	say_all_erased(hear_erase(&id, ERASE_EMPTY), &id);
	assert(!find("gone"));
	assert(!keyring_find_key(office.authd.keyring, SPAN("key-of-gone")));
	/* The name is another's now, and so is the key's id. */
	create("gone");
	create_key("gone", "key-of-gone");
	assert(!ipc_id_equal(&find("gone")->id, &id));
	office_restart(&office);
	connect_stored();
	assert(find("gone")->deletion == TENANT_STAYS);
}

static void test_a_tenant_with_buckets_is_kept_and_nobody_notices(void)
{
	create("full");
	clerk_refused(delete_asking("full", S3_ERROR_BUCKET_NOT_EMPTY),
		      "The tenant full has buckets.");
	assert(find("full")->deletion == TENANT_STAYS);
	assert(office_silent(&office, stored));
}

static void test_with_its_data_it_is_not_asked(void)
{
	struct ipc_id id;

	create("all");
	id = find("all")->id;
	assert(told(delete_all("all"), "state", "deleting"));
	say_all_erased(hear_erase(&id, ERASE_ALL), &id);
	assert(!find("all"));
	clerk_refused(order("tenant.delete", "all", ",\"data\":true"), "There is no tenant all.");
	clerk_refused(order("tenant.delete", "acme", ",\"data\":1"), "data must be true or false.");
}

/* A bucket was made between the question and the mark. */
static void test_one_that_is_not_empty_after_all_stays(void)
{
	struct ipc_id id;

	create("late");
	id = find("late")->id;
	clerk_done(delete_asking("late", S3_ERROR_NONE));
	say_erased(hear_erase(&id, ERASE_EMPTY), S3_ERROR_BUCKET_NOT_EMPTY);
	wait_for_writer();
	assert(find("late")->deletion == TENANT_STAYS);
	assert(hear_suspend(&id, false) == 0 && office_silent(&office, stored));
	office_restart(&office);
	connect_stored();
	assert(find("late")->deletion == TENANT_STAYS && office_silent(&office, stored));
}

static void test_one_that_stays_is_as_closed_as_it_was(void)
{
	struct ipc_id id;

	create("shut");
	id = find("shut")->id;
	clerk_done(suspend("shut", true));
	clerk_done(delete_asking("shut", S3_ERROR_NONE));
	say_erased(hear_erase(&id, ERASE_EMPTY), S3_ERROR_BUCKET_NOT_EMPTY);
	wait_for_writer();
	assert(find("shut")->deletion == TENANT_STAYS && office_silent(&office, stored));
}

/* What was ordered before the mark comes into force, or not; what has the mark stays closed. */
static void test_t23_one_that_goes_is_not_opened_by_a_resumption_under_way(void)
{
	const struct tenant *t;
	struct ipc_id id;
	int resumed, deleted;

	create("crossed");
	clerk_done(suspend("crossed", true));
	t = find("crossed");
	id = t->id;
	deleted = begin_delete("crossed", ",\"data\":true");
	resumed = change_suspension("crossed", false);
	say_suspend_taken(hear_suspend(&id, true));
	clerk_done(hear_answer(deleted));
	hear_erase(&id, ERASE_ALL);
	wait_for_writer();
	if (!t->suspended)
		say_suspend_taken(hear_suspend(&id, true));
	json_decref(hear_answer(resumed));
	assert(office_silent(&office, stored));
	close(stored);
	connect_stored();
	assert(stored_was_told("crossed"));
	say_all_erased(hear_erase(&id, ERASE_ALL), &id);
}

/* Who asks for less does not take back what another has ordered meanwhile. */
static void test_one_that_goes_with_its_data_goes_whoever_else_deletes_it(void)
{
	static const char less[] = "{\"do\":\"tenant.delete\",\"name\":\"both\"}\n";
	int fd = clerk_connect(&office);
	struct ipc_id id;
	uint64_t asked;

	create("both");
	id = find("both")->id;
	clerk_say(&office, fd, less, strlen(less));
	asked = hear_erase(&id, ERASE_ASK);
	clerk_done(delete_all("both"));
	hear_erase(&id, ERASE_ALL);
	say_erased(asked, S3_ERROR_NONE);
	assert(told(hear_marked(fd, &id), "state", "deleting"));
	assert(find("both")->deletion == TENANT_GOES);
	office_restart(&office);
	connect_stored();
	say_all_erased(hear_erase(&id, ERASE_ALL), &id);
	assert(!find("both"));
}

static void test_one_that_was_to_go_if_empty_goes_in_any_case_when_that_is_ordered(void)
{
	struct ipc_id id;
	uint64_t number;

	create("more");
	id = find("more")->id;
	clerk_done(delete_asking("more", S3_ERROR_NONE));
	number = hear_erase(&id, ERASE_EMPTY);
	assert(told(delete_all("more"), "state", "deleting"));
	assert(find("more")->deletion == TENANT_GOES && office_silent(&office, stored));
	say_erased(number, S3_ERROR_BUCKET_NOT_EMPTY);
	wait_for_writer();
	say_all_erased(hear_erase(&id, ERASE_ALL), &id);
	assert(!find("more"));
}

static void test_nothing_is_made_for_one_that_goes(void)
{
	static const char *const orders[] = {
		"{\"do\":\"key.create\",\"tenant\":\"going\"}",
		"{\"do\":\"token.create\",\"tenant\":\"going\",\"token_name\":\"t\",\"ttl_days\":"
		"1}",
		"{\"do\":\"token.delete\",\"tenant\":\"going\",\"token_name\":\"t\"}",
		"{\"do\":\"operator.grant\",\"tenant\":\"going\",\"purpose\":\"export\","
		"\"bucket\":\"bucket\"}",
		"{\"do\":\"tenant.suspend\",\"name\":\"going\"}",
		"{\"do\":\"tenant.update\",\"name\":\"going\",\"email\":\"a@b\"}",
	};
	struct ipc_id id;
	uint64_t number;

	create("going");
	id = find("going")->id;
	clerk_done(delete_all("going"));
	number = hear_erase(&id, ERASE_ALL);
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++)
		clerk_refused(clerk_ask(&office, orders[i]), "The tenant going is being deleted.");
	assert(told(order("tenant.show", "going", ""), "state", "deleting"));
	/* Said once more, it is under way all the same, once. */
	assert(told(order("tenant.delete", "going", ",\"data\":true"), "state", "deleting"));
	assert(office_silent(&office, stored));
	clerk_refused(order("tenant.create", "going", ""), "There is already a tenant going.");
	say_all_erased(number, &id);
	assert(!find("going"));
}

/* It waits for its bucket while the tenant goes. */
static void test_a_token_under_way_is_not_made_for_one_that_goes(void)
{
	static const char token[] = "{\"do\":\"token.create\",\"tenant\":\"torn\","
				    "\"token_name\":\"t\",\"ttl_days\":1}\n";
	int fd = clerk_connect(&office);
	struct ipc_message m;
	struct ipc_id id;

	create("torn");
	id = find("torn")->id;
	clerk_say(&office, fd, token, strlen(token));
	assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	assert(m.number == IPC_PROVIDE);
	clerk_done(delete_all("torn"));
	say_all_erased(hear_erase(&id, ERASE_ALL), &id);
	/* At once, and not when it is too late. */
	assert(!find("torn") && !office.authd.errands.first);
	clerk_refused(json_loads(clerk_hear(&office, fd), 0, NULL), "could not be made");
	m = (struct ipc_message){ .number = IPC_PROVIDED, .provided = { m.provide.order, 0 } };
	office_send(stored, &m);
	office_settle(&office);
	assert(tokens_count(keyring_tokens(office.authd.keyring)) == 0);
	close(fd);
}

static void test_a_token_whose_bucket_comes_too_late_is_refused(void)
{
	static const char token[] = "{\"do\":\"token.create\",\"tenant\":\"tardy\","
				    "\"token_name\":\"t\",\"ttl_days\":1}\n";
	int fd = clerk_connect(&office);
	struct ipc_message m;
	struct ipc_id id;

	create("tardy");
	id = find("tardy")->id;
	clerk_say(&office, fd, token, strlen(token));
	assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	clerk_done(delete_all("tardy"));
	m = (struct ipc_message){ .number = IPC_PROVIDED, .provided = { m.provide.order, 0 } };
	office_send(stored, &m);
	clerk_refused(json_loads(clerk_hear(&office, fd), 0, NULL),
		      "The tenant tardy is being deleted.");
	close(fd);
	say_all_erased(hear_erase(&id, ERASE_ALL), &id);
	assert(!find("tardy") && tokens_count(keyring_tokens(office.authd.keyring)) == 0);
}

static void test_without_stored_none_goes(void)
{
	create("left");
	close(stored);
	office_settle(&office);
	clerk_refused(order("tenant.delete", "left", ""), "stored does not answer.");
	clerk_refused(order("tenant.delete", "left", ",\"data\":true"), "stored does not answer.");
	connect_stored();
	assert(office_silent(&office, stored) && find("left")->deletion == TENANT_STAYS);
}

/* --- who dies meanwhile ---------------------------------------------------------------------- */

static void test_t80_what_is_marked_goes_on_when_stored_comes_again(void)
{
	struct ipc_id id;

	create("marked");
	id = find("marked")->id;
	clerk_done(delete_all("marked"));
	hear_erase(&id, ERASE_ALL);
	close(stored);
	office_settle(&office);
	connect_stored();
	assert(stored_was_told("marked"));
	say_all_erased(hear_erase(&id, ERASE_ALL), &id);
	assert(!find("marked"));
}

static void test_t80_what_is_marked_goes_on_after_a_restart(void)
{
	struct ipc_id id;

	create("kept-mark");
	id = find("kept-mark")->id;
	clerk_done(delete_asking("kept-mark", S3_ERROR_NONE));
	hear_erase(&id, ERASE_EMPTY);
	close(stored);
	office_restart(&office);
	assert(find("kept-mark")->deletion == TENANT_GOES_EMPTY);
	connect_stored();
	assert(stored_was_told("kept-mark"));
	say_all_erased(hear_erase(&id, ERASE_EMPTY), &id);
	assert(!find("kept-mark"));
	office_restart(&office);
	connect_stored();
	assert(!find("kept-mark") && office_silent(&office, stored));
}

static void test_what_stored_cannot_do_is_tried_again_later(void)
{
	struct ipc_id id;

	create("stuck");
	id = find("stuck")->id;
	clerk_done(delete_all("stuck"));
	say_erased(hear_erase(&id, ERASE_ALL), S3_ERROR_INTERNAL_ERROR);
	assert(find("stuck")->deletion == TENANT_GOES && office_silent(&office, stored));
	assert(office.authd.deletions.again.loop);
	assert(office.authd.deletions.again.at_ns <= clock_boottime_ns() + DELETION_AGAIN_NS);
	loop_arm(&office.authd.loop, &office.authd.deletions.again, 0);
	office_settle(&office);
	say_all_erased(hear_erase(&id, ERASE_ALL), &id);
	assert(!find("stuck"));
}

/* More than stored takes at once: each has its turn. */
static void test_many_go_one_after_another(void)
{
	enum { MANY = IPC_ERRANDS_MAX + 6 };
	uint64_t erasures[MANY] = { 0 };
	struct ipc_message m;
	struct ipc_id id;
	char name[32];
	int opened = 0;

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "many-%d", i);
		create(name);
		id = find(name)->id;
		clerk_done(delete_all(name));
		if (i < IPC_ERRANDS_MAX)
			erasures[i] = hear_erase(&id, ERASE_ALL);
	}
	for (int i = 0; i < IPC_ERRANDS_MAX; i++)
		say_erased(erasures[i], S3_ERROR_NONE);
	/* Those that found no place, between what is said of those that are gone. */
	while (opened < MANY) {
		assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m));
		assert(m.number == IPC_ERASE || m.number == IPC_SUSPEND);
		if (m.number == IPC_ERASE)
			say_erased(m.erase.order, S3_ERROR_NONE);
		else
			opened += !m.suspend.suspended;
	}
	wait_for_writer();
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "many-%d", i);
		assert(!find(name));
	}
	assert(office_silent(&office, stored));
}

int main(void)
{
	office_open(&office);
	connect_stored();
	test_a_tenant_without_buckets_goes_with_its_credentials();
	test_a_tenant_with_buckets_is_kept_and_nobody_notices();
	test_with_its_data_it_is_not_asked();
	test_one_that_is_not_empty_after_all_stays();
	test_one_that_stays_is_as_closed_as_it_was();
	test_t23_one_that_goes_is_not_opened_by_a_resumption_under_way();
	test_one_that_goes_with_its_data_goes_whoever_else_deletes_it();
	test_one_that_was_to_go_if_empty_goes_in_any_case_when_that_is_ordered();
	test_nothing_is_made_for_one_that_goes();
	test_a_token_under_way_is_not_made_for_one_that_goes();
	test_a_token_whose_bucket_comes_too_late_is_refused();
	test_without_stored_none_goes();
	test_t80_what_is_marked_goes_on_when_stored_comes_again();
	test_t80_what_is_marked_goes_on_after_a_restart();
	test_what_stored_cannot_do_is_tried_again_later();
	test_many_go_one_after_another();
	close(stored);
	office_close(&office);
	return 0;
}
