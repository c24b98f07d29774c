/* SPDX-License-Identifier: Apache-2.0 */

/* What opens an operator's channel, and what ends it. */

#include "ipc/peer.h"
#include "stored/call.h"
#include "stored/worker.h"
#include "tests/unit/stored/operator-scene.h"

/* --- what opens the channel ------------------------------------------------------------------ */

static void test_t71_an_operator_grant_opens_once(void)
{
	struct worker first, second;

	begin();
	enter(OPERATOR_IMPORT, &first);
	world_connect(&w, &operator_role, UID, &second);
	present(&second, buffer_span(&sealed));
	assert_only_his_channel_ended(&second);
	assert(put_inside(&first, "new", SPAN("x")) == IPC_DONE);
	close(first.fd);
	assert(world_is_silent(&w, &w.worker));
	assert(sessions_count(&w.service.sessions, &operator_role) == 0);
	/* Nor when the channel that it opened is gone. */
	world_connect(&w, &operator_role, UID, &second);
	present(&second, buffer_span(&sealed));
	assert(world_is_closed(&w, &second));
	end(&second);
}

static void test_t71_a_flipped_bit_anywhere_opens_nothing(void)
{
	struct worker o;
	struct buffer bent = BUFFER_INIT(SEALS_MAX);

	begin();
	make_grant(OPERATOR_IMPORT);
	buffer_append(&bent, seal_grant());
	/* The epoch in the clear aside: another one is stale. */
	for (size_t at = 8; at < bent.len; at++) {
		bent.data[at] ^= 1;
		world_connect(&w, &operator_role, UID, &o);
		present(&o, buffer_span(&bent));
		assert(world_is_closed(&w, &o));
		close(o.fd);
		bent.data[at] ^= 1;
	}
	for (size_t len = 0; len < bent.len; len += 17) {
		world_connect(&w, &operator_role, UID, &o);
		present(&o, span_first(buffer_span(&bent), len));
		assert(world_is_closed(&w, &o));
		close(o.fd);
	}
	/* It was good: bent, it has not been spent either. */
	world_connect(&w, &operator_role, UID, &o);
	present(&o, buffer_span(&bent));
	assert(world_hear(&w, &o) == IPC_ENTERED);
	buffer_clear(&bent);
	end(&o);
}

static void test_t75_who_did_not_ask_for_the_grant_cannot_show_it(void)
{
	struct worker o;

	begin();
	make_grant(OPERATOR_IMPORT);
	world_connect(&w, &operator_role, 0, &o);
	present(&o, seal_grant());
	assert_only_his_channel_ended(&o);
	world_connect(&w, &operator_role, UID, &o);
	present(&o, buffer_span(&sealed));
	assert(world_hear(&w, &o) == IPC_ENTERED);
	end(&o);
}

static void test_t71_an_expired_grant_and_one_of_another_epoch_are_told_so(void)
{
	struct worker o;

	begin();
	world_connect(&w, &operator_role, UID, &o);
	make_grant(OPERATOR_IMPORT);
	grant.expires_ns = clock_boottime_ns() - 1;
	present(&o, seal_grant());
	assert(world_hear(&w, &o) == IPC_STALE);
	make_grant(OPERATOR_IMPORT);
	seal_grant();
	sealed.data[0] ^= 1;
	present(&o, buffer_span(&sealed));
	assert(world_hear(&w, &o) == IPC_STALE);
	assert(w.heard.message.stale.epoch == w.seals.epoch);
	/* Nothing was opened; the next that he gets may be good. */
	sealed.data[0] ^= 1;
	present(&o, buffer_span(&sealed));
	assert(world_hear(&w, &o) == IPC_ENTERED);
	end(&o);
}

static void test_t71_a_grant_for_longer_than_authd_gives_is_forged(void)
{
	struct worker o;

	begin();
	make_grant(OPERATOR_IMPORT);
	grant.expires_ns = clock_boottime_ns() + 2 * OPERATOR_LIFE_NS;
	world_connect(&w, &operator_role, UID, &o);
	present(&o, seal_grant());
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

/* The same contents, sealed as something else. */
static void test_t71_a_seal_of_another_kind_is_no_operator_grant(void)
{
	struct buffer contents = BUFFER_INIT(SEALS_MAX);
	struct worker o;

	begin();
	for (enum sealed_kind kind = 0; kind < SEALED_KIND_COUNT; kind++) {
		if (kind == SEALED_OPERATOR)
			continue;
		make_grant(OPERATOR_IMPORT);
		buffer_reset(&contents);
		operator_grant_encode(&grant, &contents);
		buffer_reset(&sealed);
		seals_seal(&w.seals, kind, buffer_span(&contents), &sealed);
		world_connect(&w, &operator_role, UID, &o);
		present(&o, buffer_span(&sealed));
		assert_only_his_channel_ended(&o);
	}
	buffer_clear(&contents);
	world_end(&w);
}

/* And the other way: what an administrator is given opens nothing to a frontend. */
static void test_t71_an_operator_grant_is_neither_ticket_nor_grant(void)
{
	struct worker o;

	begin();
	make_grant(OPERATOR_IMPORT);
	world_connect(&w, &worker_role, getuid(), &o);
	world_send(
		&w, &o,
		&(struct ipc_message){ .number = IPC_ENTER, .enter = { .ticket = seal_grant() } },
		-1);
	assert_only_his_channel_ended(&o);
	world_enter(&w, &o);
	world_send(&w, &o,
		   &(struct ipc_message){
			   .number = IPC_CALL,
			   .call = { .call = 1, .grant = buffer_span(&sealed), .body = SPAN("") } },
		   -1);
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

static void test_t70_each_role_has_its_own_messages(void)
{
	struct ipc_message call = { .number = IPC_CALL,
				    .call = { .grant = SPAN(""), .body = SPAN("") } };
	struct ipc_message enter_message = { .number = IPC_ENTER, .enter = { .ticket = SPAN("") } };
	struct worker o;

	begin();
	world_connect(&w, &operator_role, UID, &o);
	world_send(&w, &o, &enter_message, -1);
	assert_only_his_channel_ended(&o);
	enter(OPERATOR_IMPORT, &o);
	world_grant(&w, "DELETE /bucket/old", NO_HEADERS);
	call.call.grant = buffer_span(&w.sealed);
	world_send(&w, &o, &call, -1);
	assert_only_his_channel_ended(&o);
	world_enter(&w, &o);
	make_grant(OPERATOR_IMPORT);
	present(&o, seal_grant());
	assert_only_his_channel_ended(&o);
	world_enter(&w, &o);
	operate_with(&o, &(struct s3_request){ .operation = S3_LIST_OBJECTS_V2 }, false, SPAN(""));
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

static void test_t70_a_channel_is_opened_once_and_before_anything_is_asked(void)
{
	struct s3_request list = request(S3_LIST_OBJECTS_V2, NULL);
	struct worker o;

	begin();
	world_connect(&w, &operator_role, UID, &o);
	operate_with(&o, &list, false, SPAN(""));
	assert_only_his_channel_ended(&o);
	enter(OPERATOR_EXPORT, &o);
	make_grant(OPERATOR_IMPORT);
	present(&o, seal_grant());
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

static void test_a_new_epoch_ends_his_channel(void)
{
	struct s3_request r = request_with_trailer("new", 300000);
	struct worker o;

	begin();
	enter(OPERATOR_IMPORT, &o);
	assert(operate(&o, &r) == IPC_PIPE);
	world_new_epoch(&w);
	assert(world_is_closed(&w, &o));
	close(w.worker.fd);
	world_enter(&w, &w.worker);
	assert_only_his_channel_ended(&o);
	enter(OPERATOR_IMPORT, &o);
	assert(put_inside(&o, "new", SPAN("again")) == IPC_DONE);
	end(&o);
}

/* --- limits ---------------------------------------------------------------------------------- */

/* A put of a client ends at 5 GiB. A file that was there before Coffer has no such end. */
static void test_a_body_may_be_larger_than_one_put_of_a_client(void)
{
	struct s3_request r = request_with_trailer("new", S3_PUT_MAX + 1);
	struct worker o;

	begin();
	enter(OPERATOR_IMPORT, &o);
	assert(operate(&o, &r) == IPC_PIPE);
	assert(((struct call *)table_find(&w.service.sessions.first->calls, w.next_call - 1))
		       ->terms.most == S3_PUT_MAX + 1);
	end(&o);
}

static void test_t73_bodies_of_his_channel_are_limited(void)
{
	struct s3_request r = request_with_trailer("new", 100000);
	int fds[OPERATOR_BODIES_MAX];
	struct worker o;

	begin();
	enter(OPERATOR_IMPORT, &o);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		assert(operate(&o, &r) == IPC_PIPE);
		fds[i] = steal_fd(w.heard.fd);
	}
	assert_error(operate(&o, &r), S3_ERROR_SLOW_DOWN);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	end(&o);
}

static void test_t75_who_says_nothing_does_not_keep_a_place(void)
{
	struct s3_request r = request_with_trailer("new", 100000);
	struct worker o;

	begin();
	world_connect(&w, &operator_role, UID, &o);
	sweep_with(&o, OPERATOR_GREETING_NS / 2);
	assert(sessions_count(&w.service.sessions, &operator_role) == 1);
	sweep_with(&o, OPERATOR_GREETING_NS);
	assert_only_his_channel_ended(&o);
	enter(OPERATOR_IMPORT, &o);
	sweep_with(&o, OPERATOR_IDLE_NS / 2);
	assert(sessions_count(&w.service.sessions, &operator_role) == 1);
	/* While something is under way the channel is not idle; a body has its own deadline. */
	assert(operate(&o, &r) == IPC_PIPE);
	sweep_with(&o, OPERATOR_IDLE_NS);
	assert(sessions_count(&w.service.sessions, &operator_role) == 1);
	world_send(&w, &o,
		   &(struct ipc_message){ .number = IPC_CANCEL,
					  .cancel = { .call = w.next_call - 1 } },
		   -1);
	assert(world_is_silent(&w, &o));
	sweep_with(&o, OPERATOR_IDLE_NS);
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

static void test_t75_only_administrators_may_come_in(void)
{
	const struct service_config c = {
		.frontend_uid = 4,
		.admins = { .uids = { 5, 6 }, .n_uids = 2, .gids = { 7 }, .n_gids = 1 },
	};
	const struct service_config nobody = { .frontend_uid = 4 };

	assert(operator_role.admits(&c, &(struct peer){ .uid = 0, .gid = 9 }));
	assert(operator_role.admits(&c, &(struct peer){ .uid = 5, .gid = 9 }));
	assert(operator_role.admits(&c, &(struct peer){ .uid = 6, .gid = 9 }));
	assert(operator_role.admits(&c, &(struct peer){ .uid = 8, .gid = 7 }));
	assert(!operator_role.admits(&c, &(struct peer){ .uid = 8, .gid = 9 }));
	assert(!operator_role.admits(&c, &(struct peer){ .uid = 4, .gid = 4 }));
	assert(!operator_role.admits(&nobody, &(struct peer){ .uid = 5, .gid = 7 }));
	assert(!worker_role.admits(&c, &(struct peer){ .uid = 0, .gid = 0 }));
}

int main(void)
{
	test_t71_an_operator_grant_opens_once();
	test_t71_a_flipped_bit_anywhere_opens_nothing();
	test_t75_who_did_not_ask_for_the_grant_cannot_show_it();
	test_t71_an_expired_grant_and_one_of_another_epoch_are_told_so();
	test_t71_a_grant_for_longer_than_authd_gives_is_forged();
	test_t71_a_seal_of_another_kind_is_no_operator_grant();
	test_t71_an_operator_grant_is_neither_ticket_nor_grant();
	test_t70_each_role_has_its_own_messages();
	test_t70_a_channel_is_opened_once_and_before_anything_is_asked();
	test_a_new_epoch_ends_his_channel();
	test_a_body_may_be_larger_than_one_put_of_a_client();
	test_t73_bodies_of_his_channel_are_limited();
	test_t75_who_says_nothing_does_not_keep_a_place();
	test_t75_only_administrators_may_come_in();
	buffer_clear(&sealed);
	return 0;
}
