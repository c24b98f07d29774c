/* SPDX-License-Identifier: Apache-2.0 */

/* The table of moves, as a whole. */

#undef NDEBUG
#include <assert.h>

#include "frontend/exchange.h"

#define EACH(s) (enum exchange_state s = 0; s < EXCHANGE_STATE_COUNT; s++)

static void test_every_state_can_end(void)
{
	for
		EACH(s)
	assert(exchange_may_move(s, EXCHANGE_ENDED) == (s != EXCHANGE_ENDED));
}

static void test_nothing_follows_the_end(void)
{
	for
		EACH(s)
	assert(!exchange_may_move(EXCHANGE_ENDED, s));
}

static void test_no_state_leads_to_itself_or_back_to_the_head(void)
{
	for
		EACH(s)
		{
			assert(!exchange_may_move(s, s));
			assert(!exchange_may_move(s, EXCHANGE_HEADING));
		}
}

static void test_every_state_is_reached(void)
{
	bool reached[EXCHANGE_STATE_COUNT] = { [EXCHANGE_HEADING] = true };
	bool more = true;

	while (more) {
		more = false;
		for
			EACH(from)
			for
				EACH(to)
			if (reached[from] && !reached[to] && exchange_may_move(from, to))
				more = reached[to] = true;
	}
	for
		EACH(s)
	assert(reached[s]);
}

/* stored hears of a request only when authd has granted it. */
static void test_nothing_is_sent_to_stored_before_authd_was_asked(void)
{
	static const enum exchange_state at_stored[] = { EXCHANGE_OPENING,  EXCHANGE_RECEIVING,
							 EXCHANGE_STALLED,  EXCHANGE_THROTTLED,
							 EXCHANGE_CHAINING, EXCHANGE_READING,
							 EXCHANGE_WRITING };

	for (size_t i = 0; i < ARRAY_SIZE(at_stored); i++)
		assert(!exchange_may_move(EXCHANGE_HEADING, at_stored[i]));
}

/* And of what is authd's alone it never hears. */
static void test_the_admin_api_never_reaches_stored(void)
{
	static const enum exchange_state own[] = { EXCHANGE_COLLECTING, EXCHANGE_ADMINISTERING };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		assert(!exchange_may_move(own[i], EXCHANGE_OPENING));
		assert(!exchange_may_move(own[i], EXCHANGE_RECEIVING));
		assert(!exchange_may_move(own[i], EXCHANGE_CHAINING));
		assert(!exchange_may_move(own[i], EXCHANGE_READING));
		assert(!exchange_may_move(own[i], EXCHANGE_WRITING));
	}
}

/* Once an answer is on its way there is no second one. */
static void test_an_answer_is_given_once(void)
{
	static const enum exchange_state answered[] = { EXCHANGE_SENDING, EXCHANGE_STARVED,
							EXCHANGE_PACED, EXCHANGE_FAREWELL };

	for (size_t i = 0; i < ARRAY_SIZE(answered); i++) {
		assert(!exchange_may_move(answered[i], EXCHANGE_REPLYING));
		assert(!exchange_may_move(answered[i], EXCHANGE_FAREWELL));
	}
	assert(!exchange_may_move(EXCHANGE_REPLYING, EXCHANGE_FAREWELL));
}

/* What is dropped behind it is the connection's: no request waits for that. */
static void test_behind_a_farewell_is_nothing(void)
{
	for
		EACH(to)
	assert(exchange_may_move(EXCHANGE_FAREWELL, to) == (to == EXCHANGE_ENDED));
}

int main(void)
{
	test_every_state_can_end();
	test_nothing_follows_the_end();
	test_no_state_leads_to_itself_or_back_to_the_head();
	test_every_state_is_reached();
	test_nothing_is_sent_to_stored_before_authd_was_asked();
	test_the_admin_api_never_reaches_stored();
	test_an_answer_is_given_once();
	test_behind_a_farewell_is_nothing();
	return 0;
}
