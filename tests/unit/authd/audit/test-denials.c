/* SPDX-License-Identifier: Apache-2.0 */

/* What is in the audit log of denials, authd's own and those that stored tells of. */

#include "audit-scene.h"
#include "authd/audit/denials.h"

static void ask_unsigned(int fd, uint64_t call)
{
	struct ipc_message m = { .number = IPC_ASK,
				 .ask = { .call = call,
					  .request_id = 0xab0000 + call,
					  .peer = SPAN("192.0.2.7"),
					  .method = SPAN("DELETE"),
					  .target = SPAN("/a-private-path"),
					  .fields = SPAN("") } };

	office_send(fd, &m);
}

static void test_denials_are_kept_by_themselves_and_are_bounded(void)
{
	struct ipc_message m;
	struct ipc_hash key;
	struct ipc_id channel;
	uint64_t epoch;
	const char *text;
	int stored, worker;

	office_open(&office);
	stored = office_stored_ready(&office, &epoch, &key);
	worker = office_worker_ready(&office, &channel);
	for (uint64_t i = 0; i < 3 * DENIALS_BURST; i++) {
		ask_unsigned(worker, i);
		assert(office_receive(&office, worker, IPC_AUTHD_TO_FRONTEND_DIRECTION, &m));
		assert(m.number == IPC_DENIED);
	}
	text = kept("denials.1.log");
	expect_sound(text);
	assert(count_lines(text, "{\"event\":\"denied\"", "\"id\":\"0000000000AB0000\"",
			   "\"error\":\"AccessDenied\",\"credential\":\"unknown\"") == 1);
	assert(count_lines(text, "denied", "192.0.2.7", "") >= DENIALS_BURST);
	assert(count_lines(text, "denied", "", "") < 3 * DENIALS_BURST);
	assert(!strstr(text, "a-private-path"));
	assert(strcmp(kept("audit.1.log"), "") == 0);
	close(worker);
	close(stored);
	office_close(&office);
}

static void say_refused(int stored, uint64_t untold)
{
	struct ipc_message m = { .number = IPC_REFUSED,
				 .refused = { .request_id = 0xab,
					      .error = S3_ERROR_ACCESS_DENIED,
					      .operation = S3_GET_OBJECT,
					      .credential = SPAN("AKOTHER"),
					      .peer = SPAN("192.0.2.7"),
					      .bucket = SPAN("shared"),
					      .untold = untold } };

	office_send(stored, &m);
	office_settle(&office);
}

static void test_what_stored_refuses_is_there_as_its_word(void)
{
	struct ipc_hash key;
	uint64_t epoch;
	const char *text;
	int stored;

	office_open(&office);
	stored = office_stored_ready(&office, &epoch, &key);
	say_refused(stored, 0);
	say_refused(stored, 7);
	text = kept("denials.1.log");
	expect_sound(text);
	assert(count_lines(text, "{\"event\":\"denied\"",
			   "\"id\":\"00000000000000AB\",\"error\":\"AccessDenied\",\"credential\":"
			   "\"AKOTHER\",\"held_back\":0,\"by\":\"stored\",\"operation\":"
			   "\"GetObject\",\"bucket\":\"shared\"",
			   "\"peer\":\"192.0.2.7\"") == 1);
	assert(count_lines(text, "\"held_back\":7,\"by\":\"stored\"", "", "") == 1);
	for (int i = 0; i < 3 * DENIALS_BURST; i++)
		say_refused(stored, 1);
	assert(count_lines(kept("denials.1.log"), "denied", "", "") < 3 * DENIALS_BURST);
	close(stored);
	office_close(&office);
}

static void test_t70_a_refusal_that_means_nothing_is_a_violation(void)
{
	static const struct ipc_refused wrong[] = {
		{ .error = S3_ERROR_NONE },
		{ .error = S3_ERROR_COUNT },
		{ .error = S3_ERROR_ACCESS_DENIED, .operation = S3_OPERATION_COUNT },
	};
	struct ipc_hash key;
	uint64_t epoch;

	office_open(&office);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		int stored = office_stored_ready(&office, &epoch, &key);

		office_send(stored, &(struct ipc_message){ .number = IPC_REFUSED,
							   .refused = wrong[i] });
		assert(office_hung_up(&office, stored));
		close(stored);
	}
	assert(strcmp(kept("denials.1.log"), "") == 0);
	office_close(&office);
}

/* A disk that stands still makes records wait; administrators' must find room behind them. */
static void test_denials_that_wait_are_bounded_and_the_lost_are_counted(void)
{
	struct record r;

	office_open(&office);
	for (unsigned int i = 0; i < AUDIT_NOTES_MAX + 10; i++) {
		audit_say_denial(&r, "denied");
		audit_note_denial(&office.authd.audit, &r);
	}
	assert(office.authd.audit.n_lost == 10);
	assert(count_lines(kept("denials.1.log"), "denied", "", "") == AUDIT_NOTES_MAX);
	audit_say_denial(&r, "again");
	audit_note_denial(&office.authd.audit, &r);
	assert(count_lines(kept("denials.1.log"), "again", "", "") == 1);
	office_close(&office);
}

int main(void)
{
	test_denials_are_kept_by_themselves_and_are_bounded();
	test_what_stored_refuses_is_there_as_its_word();
	test_t70_a_refusal_that_means_nothing_is_a_violation();
	test_denials_that_wait_are_bounded_and_the_lost_are_counted();
	return 0;
}
