/* SPDX-License-Identifier: Apache-2.0 */

/* Orders of a tenant's administrator: how many are under way, also when nobody waits any more. */

#include "authd/orders/administration.h"

#include <stdio.h>

#include "base/clock.h"
#include "clerk.h"

#undef NDEBUG
#include <assert.h>

#define KEY    "key-of-carol"
#define SECRET "secret-of-carol"

static struct office office;
static size_t n_told;

static void told(void *owner, uint64_t call, const struct administration_answer *answer)
{
	n_told++;
	assert(answer->status == 404);
}

/* Asks for something that comes to nothing, once the audit log has it; each time another. */
static struct administration *begin(struct administration_answer *ret)
{
	static uint64_t last;
	const struct administration_waiter w = { told, NULL };
	struct signer signer = SIGNER;
	struct administration *later;
	struct ipc_administer m;
	char target[64];
	struct request q;

	signer.access_key = KEY;
	signer.secret = SECRET;
	signer.service = "coffer";
	signer.time = office_time();
	signer.payload = SIGNER_EMPTY;
	snprintf(target, sizeof(target), "/-/admin/v1/users/nobody-%llu",
		 (unsigned long long)++last);
	request_begin(&q, "DELETE", target);
	request_field(&q, "Host", "localhost:9000");
	request_sign(&q, &signer);
	m = (struct ipc_administer){ .call = last,
				     .request_id = last,
				     .peer = SPAN("127.0.0.1"),
				     .method = span_from_string(q.method),
				     .target = span_from_string(q.target),
				     .fields = buffer_span(&q.fields),
				     .body = SPAN("") };
	assert(administration_begin(&office.authd, &m, &w, &later, ret) == 0);
	request_clear(&q);
	return later;
}

/* As many as one tenant that is alone may have under way; one more is refused. */
static void fill(bool forgets)
{
	struct administration_answer answer;

	for (size_t i = 0; i < ADMINISTRATIONS_MAX / 2; i++) {
		struct administration *later = begin(&answer);

		assert(later);
		if (forgets)
			administration_forget(later);
	}
	assert(!begin(&answer) && answer.status == 503);
	administration_wipe(&office.authd);
}

static void wait_until_all_is_done(void)
{
	uint64_t end_ns = clock_boottime_ns() + OFFICE_PATIENCE_NS;

	while (office.authd.administrations.n && clock_boottime_ns() < end_ns)
		assert(authd_step(&office.authd, 1) == 0);
	assert(office.authd.administrations.n == 0);
}

static void test_t70_what_is_under_way_is_bounded(void)
{
	n_told = 0;
	fill(false);
	wait_until_all_is_done();
	assert(n_told == ADMINISTRATIONS_MAX / 2);
}

static void test_t70_who_forgets_has_no_more_under_way_than_who_waits(void)
{
	n_told = 0;
	fill(true);
	wait_until_all_is_done();
	assert(n_told == 0);
	fill(true);
	wait_until_all_is_done();
}

int main(void)
{
	office_open(&office);
	clerk_done(clerk_ask(&office,
			     "{\"do\":\"user.create\",\"tenant\":\"acme\",\"user\":\"carol\","
			     "\"administrator\":true}"));
	clerk_done(clerk_ask(&office,
			     "{\"do\":\"key.create\",\"tenant\":\"acme\",\"user\":\"carol\","
			     "\"access_key\":\"" KEY "\",\"secret_key\":\"" SECRET "\"}"));
	test_t70_what_is_under_way_is_bounded();
	test_t70_who_forgets_has_no_more_under_way_than_who_waits();
	/* Nor does an end wait for what was forgotten, or lose it. */
	fill(true);
	office_close(&office);
	return 0;
}
