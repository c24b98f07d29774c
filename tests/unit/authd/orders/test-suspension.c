/* SPDX-License-Identifier: Apache-2.0 */

/* Tenants that are suspended and resumed. */

#include "tenant-scene.h"

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

/* What it does not say it has taken is not in force there, and the administrator is told that it is. */
static void test_t80_a_stored_that_does_not_answer_is_sent_away_first(void)
{
	struct errand *e;
	int fd;

	create("unheard");
	fd = change_suspension("unheard", true);
	hear_suspend(&find("unheard")->id, true);
	assert(office_silent(&office, fd));
	e = office.authd.errands.first;
	loop_arm(&office.authd.loop, &e->late, 0);
	assert(told(hear_answer(fd), "state", "suspended"));
	assert(!storelinks_are_ready(&office.authd) && office_hung_up(&office, stored));
	close(stored);
	connect_stored();
	assert(stored_was_told("unheard"));
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

int main(void)
{
	office_open(&office);
	connect_stored();
	test_a_tenant_is_suspended_until_it_is_resumed();
	test_who_suspends_is_answered_when_stored_has_taken_it();
	test_t80_a_stored_that_comes_hears_of_all_that_are_suspended();
	test_t80_a_stored_that_does_not_answer_is_sent_away_first();
	test_t80_a_stored_that_is_just_coming_is_told_as_well();
	test_stored_is_told_of_each_however_many_there_are();
	test_a_stored_that_cannot_be_told_is_done_with();
	close(stored);
	office_close(&office);
	return 0;
}
