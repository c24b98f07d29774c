/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/orders.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "clerk.h"

#undef NDEBUG
#include <assert.h>

static struct office office;
static int stored; /* the other end of authd's line to it */

static void connect_stored(void)
{
	struct ipc_hash key;
	uint64_t epoch;

	stored = office_stored_ready(&office, &epoch, &key);
}

static struct tenant *find(const char *name)
{
	return keyring_find_tenant(office.authd.keyring, span_from_string(name));
}

static json_t *order(const char *what, const char *name, const char *more)
{
	char line[512];

	snprintf(line, sizeof(line), "{\"do\":\"%s\",\"name\":\"%s\"%s}", what, name, more);
	return clerk_ask(&office, line);
}

/* A member of the tenant that an order was answered with. */
static bool told(json_t *answer, const char *member, const char *value)
{
	const json_t *t = json_object_get(answer, "tenant");
	bool same = strcmp(json_string_value(json_object_get(t, member)), value) == 0;

	clerk_done(answer);
	return same;
}

static void create(const char *name)
{
	clerk_done(order("tenant.create", name, ""));
}

/* A key of that tenant's; the answer is who has it. */
static const struct access_key *create_key(const char *tenant, const char *id)
{
	char line[512];

	snprintf(line, sizeof(line),
		 "{\"do\":\"key.create\",\"tenant\":\"%s\",\"access_key\":\"%s\","
		 "\"secret_key\":\"secretsecret\"}",
		 tenant, id);
	clerk_done(clerk_ask(&office, line));
	return keyring_find_key(office.authd.keyring, span_from_string(id));
}

/* --- what stored hears --------------------------------------------------------------------- */

static uint64_t hear_erase(const struct ipc_id *tenant, enum erase_mode mode)
{
	struct ipc_message m;

	assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	assert(m.number == IPC_ERASE && m.erase.mode == mode);
	assert(ipc_id_equal(&m.erase.tenant, tenant));
	return m.erase.order;
}

static void say_erased(uint64_t number, enum s3_error error)
{
	struct ipc_message m = { .number = IPC_ERASED,
				 .erased = { .order = number, .error = (uint16_t)error } };

	office_send(stored, &m);
	office_settle(&office);
}

/* Until the writer has made durable what follows from what was said. */
static void wait_for_writer(void)
{
	uint64_t end_ns = clock_boottime_ns() + OFFICE_PATIENCE_NS;

	while (writer_waiting(office.authd.writer) && clock_boottime_ns() < end_ns)
		assert(authd_step(&office.authd, 1) == 0);
	office_settle(&office);
}

static uint64_t hear_suspend(const struct ipc_id *tenant, bool suspended)
{
	struct ipc_message m;

	assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	assert(m.number == IPC_SUSPEND && m.suspend.suspended == suspended);
	assert(ipc_id_equal(&m.suspend.tenant, tenant));
	return m.suspend.order;
}

static void say_suspend_taken(uint64_t number)
{
	struct ipc_message m = { .number = IPC_SUSPEND_TAKEN, .suspend_taken.order = number };

	office_send(stored, &m);
	office_settle(&office);
}

static json_t *hear_answer(int fd)
{
	json_t *answer = json_loads(clerk_hear(&office, fd), 0, NULL);

	close(fd);
	return answer;
}

/* It is all gone: stored need not keep it closed any more. */
static void say_all_erased(uint64_t number, const struct ipc_id *tenant)
{
	say_erased(number, S3_ERROR_NONE);
	wait_for_writer();
	assert(hear_suspend(tenant, false) == 0);
}

/* What an order to delete is answered with, which waits until stored has closed the tenant. */
static json_t *hear_marked(int fd, const struct ipc_id *tenant)
{
	uint64_t number = hear_suspend(tenant, true);

	assert(office_silent(&office, fd));
	say_suspend_taken(number);
	return hear_answer(fd);
}

static int begin_delete(const char *name, const char *more)
{
	int fd = clerk_connect(&office);
	char line[128];

	snprintf(line, sizeof(line), "{\"do\":\"tenant.delete\",\"name\":\"%s\"%s}\n", name, more);
	clerk_say(&office, fd, line, strlen(line));
	return fd;
}

static json_t *delete_all(const char *name)
{
	struct ipc_id id = find(name)->id;

	return hear_marked(begin_delete(name, ",\"data\":true"), &id);
}

/* Orders a tenant without data to be deleted, with stored's answer to the question. */
static json_t *delete_asking(const char *name, enum s3_error error)
{
	struct ipc_id id = find(name)->id;
	int fd = begin_delete(name, "");

	say_erased(hear_erase(&id, ERASE_ASK), error);
	return error ? hear_answer(fd) : hear_marked(fd, &id);
}

/* Begins to suspend the tenant, or to resume it; the connection where the answer comes. */
static int change_suspension(const char *name, bool suspended)
{
	int fd = clerk_connect(&office);
	char line[128];

	snprintf(line, sizeof(line), "{\"do\":\"tenant.%s\",\"name\":\"%s\"}\n",
		 suspended ? "suspend" : "resume", name);
	clerk_say(&office, fd, line, strlen(line));
	return fd;
}

/* The whole of it, with a stored that takes it. */
static json_t *suspend(const char *name, bool suspended)
{
	int fd = change_suspension(name, suspended);

	say_suspend_taken(hear_suspend(&find(name)->id, suspended));
	return hear_answer(fd);
}

static bool stored_was_told(const char *name)
{
	struct span all = buffer_span(&office.suspended);
	const struct ipc_id *id = &find(name)->id;

	for (; all.len; all = span_skip(all, sizeof(*id)))
		if (memcmp(all.data, id, sizeof(*id)) == 0)
			return true;
	return false;
}

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

/* --- suspending ------------------------------------------------------------------------------ */

static void test_a_tenant_is_suspended_until_it_is_resumed(void)
{
	create("paused");
	assert(told(suspend("paused", true), "state", "suspended"));
	assert(find("paused")->suspended);
	office_restart(&office);
	connect_stored();
	assert(find("paused")->suspended);
	/* Its administrators may go on with it. */
	create_key("paused", "key-of-paused");
	assert(told(suspend("paused", false), "state", "active"));
	office_restart(&office);
	connect_stored();
	assert(!find("paused")->suspended);
	clerk_refused(order("tenant.suspend", "nobody", ""), "There is no tenant");
	clerk_refused(order("tenant.resume", "nobody", ""), "There is no tenant");
}

static void test_who_suspends_is_answered_when_stored_has_taken_it(void)
{
	uint64_t number;
	int fd;

	create("closing");
	fd = change_suspension("closing", true);
	number = hear_suspend(&find("closing")->id, true);
	assert(office_silent(&office, fd) && find("closing")->suspended);
	/* What is not about this order is nobody's. */
	say_suspend_taken(number + 1000);
	assert(office_silent(&office, fd));
	say_suspend_taken(number);
	assert(told(hear_answer(fd), "state", "suspended"));
}

/* It stays suspended, and the stored that comes is told before it has the key. */
static void test_t80_a_stored_that_comes_hears_of_all_that_are_suspended(void)
{
	int fd;

	create("closed");
	create("open");
	fd = change_suspension("closed", true);
	hear_suspend(&find("closed")->id, true);
	close(stored);
	assert(told(hear_answer(fd), "state", "suspended"));
	connect_stored();
	assert(stored_was_told("closed") && !stored_was_told("open"));
	/* Nobody waits for one that is away. */
	close(stored);
	office_settle(&office);
	assert(told(order("tenant.suspend", "open", ""), "state", "suspended"));
	assert(told(order("tenant.resume", "closed", ""), "state", "active"));
	connect_stored();
	assert(!stored_was_told("closed") && stored_was_told("open"));
	close(stored);
	office_restart(&office);
	connect_stored();
	assert(!stored_was_told("closed") && stored_was_told("open"));
}

/* Between what it is told before the key, and its word that it has that. */
static void test_t80_a_stored_that_is_just_coming_is_told_as_well(void)
{
	struct ipc_message m = { .number = IPC_STORE_HELLO, .store_hello.version = IPC_VERSION };
	int fd;

	create("between");
	close(stored);
	office_settle(&office);
	stored = office_stored(&office);
	office_send(stored, &m);
	while (assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m)),
	       m.number != IPC_KEY)
		assert(m.number == IPC_SUSPENDED);
	fd = change_suspension("between", true);
	say_suspend_taken(hear_suspend(&find("between")->id, true));
	assert(told(hear_answer(fd), "state", "suspended"));
	close(stored);
	connect_stored();
}

static void hear_nothing(void *owner, enum s3_error error)
{
}

/* More wait than there is room for: those are answered, and stored is told of each all the same. */
static void test_stored_is_told_of_each_however_many_there_are(void)
{
	struct errand_waiter nobody = { .done = hear_nothing };
	struct ipc_id id = find("open")->id;

	for (size_t i = 0; i < IPC_ERRANDS_MAX; i++)
		(void)!errand_suspend(&office.authd, &id, true, nobody);
	assert(errand_suspend(&office.authd, &id, false, nobody) == ERRAND_FULL);
	for (size_t i = 0; i < IPC_ERRANDS_MAX; i++)
		hear_suspend(&id, true);
	assert(hear_suspend(&id, false) == 0);
	while (office.authd.errands.first)
		errands_settle(&office.authd, ERRAND_SUSPEND, office.authd.errands.first->order, 0);
}

/* It does not go on with what is of yesterday: it comes again, and is told all. */
static void test_a_stored_that_cannot_be_told_is_done_with(void)
{
	struct errand_waiter nobody = { .done = hear_nothing };
	struct ipc_id id = find("open")->id;

	while (errand_suspend(&office.authd, &id, true, nobody) != ERRAND_AWAY)
		;
	assert(!storelinks_are_ready(&office.authd) && !office.authd.errands.first);
	close(stored);
	connect_stored();
	assert(storelinks_are_ready(&office.authd));
}

/* --- deleting -------------------------------------------------------------------------------- */

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
	test_a_tenant_is_shown_with_what_hangs_on_it();
	test_what_is_given_changes_and_the_rest_stays();
	test_two_changes_at_once_do_not_undo_one_another();
	test_limits_are_set_each_by_itself_and_stay();
	test_a_limit_is_none_or_that_of_all_by_a_word();
	test_what_is_no_limit_is_refused_by_a_sentence_of_its_own();
	test_a_tenant_is_suspended_until_it_is_resumed();
	test_who_suspends_is_answered_when_stored_has_taken_it();
	test_t80_a_stored_that_comes_hears_of_all_that_are_suspended();
	test_t80_a_stored_that_is_just_coming_is_told_as_well();
	test_stored_is_told_of_each_however_many_there_are();
	test_a_stored_that_cannot_be_told_is_done_with();
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
