/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/counts.h"

const char *const counts_status_labels[COUNTS_STATUS_COUNT] = {
#define STATUS(SYMBOL, label) [COUNTS_##SYMBOL] = label,
	COUNTS_STATUSES(STATUS)
#undef STATUS
};

const char *const counts_limit_labels[COUNTS_LIMITS] = {
	[COUNTS_LIMIT_PARALLEL] = "parallel",
	[COUNTS_LIMIT_BANDWIDTH] = "bandwidth",
};

const char *const counts_scrape_labels[COUNTS_SCRAPE_COUNT] = {
	[COUNTS_SCRAPE_ANSWERED] = "answered",
	[COUNTS_SCRAPE_REFUSED] = "refused",
};

static enum counts_status status_of(unsigned int status)
{
	return status < 200 ? COUNTS_NONE : MIN(COUNTS_2XX + (status - 200) / 100, COUNTS_5XX);
}

static void note_traffic(struct counts_traffic *t, const struct counts_request *r)
{
	meter_add_alone(&t->received, r->received);
	if (r->whole)
		meter_add_alone(&t->sent, r->sent);
	meter_note_alone(&t->times, METER_SCALE_TIMES, r->ns);
}

/* --- tenants ------------------------------------------------------------------------------ */

static bool is_taken(const struct counts_tenant *t)
{
	return atomic_load_explicit(&t->taken, memory_order_acquire);
}

/* Who reads sees the name only when it is whole. */
static void take(struct counts_tenant *t, const struct principal *p)
{
	size_t len = MIN(p->tenant_name.len, sizeof(t->name) - 1);

	t->id = p->tenant;
	memcpy(t->name, p->tenant_name.data, len);
	t->name[len] = '\0';
	atomic_store_explicit(&t->taken, true, memory_order_release);
}

/* Ids are random, so that their first bytes spread them well enough. */
static struct counts_tenant *find_place(struct counts *c, const struct principal *p)
{
	size_t first = p->tenant.bytes[0] | (size_t)p->tenant.bytes[1] << 8;

	for (size_t i = 0; i < COUNTS_TENANT_PROBES; i++) {
		struct counts_tenant *t = &c->tenants[(first + i) % COUNTS_TENANTS_MAX];

		if (!is_taken(t))
			take(t, p);
		if (ipc_id_equal(&t->id, &p->tenant))
			return t;
	}
	return &c->tenants[COUNTS_TENANTS_MAX];
}

/* ------------------------------------------------------------------------------------------ */

void counts_note(struct counts *c, const struct counts_request *r)
{
	size_t operation = r->grant ? r->grant->request.operation : S3_OPERATION_COUNT;
	enum counts_status status = status_of(r->status);
	struct counts_tenant *t;

	meter_add_alone(&c->requests[operation][r->dialect][status], 1);
	if (r->error)
		meter_add_alone(&c->errors[r->error], 1);
	if (!r->whole)
		meter_add_alone(&c->aborted, 1);
	note_traffic(&c->operations[operation], r);
	if (r->answer_ns)
		meter_note_alone(&c->answer_times[operation], METER_SCALE_TIMES, r->answer_ns);
	if (!r->grant)
		return;
	t = find_place(c, &r->grant->principal);
	meter_add_alone(&t->requests[status], 1);
	note_traffic(&t->traffic, r);
}

void counts_limit(struct counts *c, const struct principal *p, enum counts_limit limit)
{
	meter_add_alone(&find_place(c, p)->limited[limit], 1);
}

void counts_vacate(struct counts *c)
{
	presence_vacate(&c->presence);
	meter_set(&c->now.running, 0);
	meter_set(&c->now.connections, 0);
	meter_set(&c->now.in_flight, 0);
	for (size_t i = 0; i < LINKS_PEERS; i++)
		meter_set(&c->now.queued[i], 0);
}
