/* SPDX-License-Identifier: Apache-2.0 */
#include "client/departure.h"

#include <string.h>
#include <time.h>

#include "base/span.h"

enum departure {
	DEPARTURE_GONE,
	DEPARTURE_UNDER_WAY,
	DEPARTURE_STAYS,
};

static const char *text(const json_t *tenant, const char *member)
{
	const char *value = json_string_value(json_object_get(tenant, member));

	return value ? value : "";
}

/* Another one may have taken its name since. */
static enum departure judge(const json_t *before, const json_t *now)
{
	if (strcmp(text(before, "id"), text(now, "id")) != 0)
		return DEPARTURE_GONE;
	return strcmp(text(now, "state"), "deleting") == 0 ? DEPARTURE_UNDER_WAY : DEPARTURE_STAYS;
}

static int look(struct admin *a, const json_t *tenant, struct complaint *why)
{
	json_t *request =
		       json_pack("{s:s, s:s}", "do", "tenant.show", "name", text(tenant, "name")),
	       *now = NULL;
	int r;

	if (!request)
		return complain_errno(why, -ENOMEM, "cannot ask authd");
	r = admin_call(a, request, &now, why);
	if (r == ADMIN_REFUSED)
		r = DEPARTURE_GONE;
	else if (r == ADMIN_OK)
		r = judge(tenant, json_object_get(now, "tenant"));
	json_decref(request);
	json_decref(now);
	return r;
}

static uint64_t pause_for(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S) };

	nanosleep(&t, NULL);
	return MIN(2 * ns, (uint64_t)DEPARTURE_MOST_NS);
}

int departure_wait(struct admin *a, json_t *answer, struct complaint *why)
{
	json_t *tenant = json_object_get(answer, "tenant");
	uint64_t wait_ns = DEPARTURE_FIRST_NS;
	int r;

	while ((r = look(a, tenant, why)) == DEPARTURE_UNDER_WAY)
		wait_ns = pause_for(wait_ns);
	if (r < 0) {
		complaint_hint(why, "the deletion goes on by itself; `cofferctl tenant list` says "
				    "when it is over");
		return r;
	}
	if (r == DEPARTURE_STAYS)
		return complain(why, -ENOTEMPTY, "the tenant %s stays: a bucket was made meanwhile",
				text(tenant, "name"));
	if (json_object_set_new(tenant, "state", json_string("deleted")) < 0)
		return complain_errno(why, -ENOMEM, "the tenant is gone, but that cannot be shown");
	return 0;
}
