/* SPDX-License-Identifier: Apache-2.0 */
#include "client/top/load.h"

#include <stdlib.h>
#include <string.h>

#include "client/figures.h"

#define DECIMALS 9 /* of a second in ns */

static const struct meter_row *const scale = &meter_rows[METER_SCALE_TIMES];

/* --- reading ------------------------------------------------------------------------------- */

static int take_tenant(struct load *l, struct span name, struct load_tenant **ret)
{
	struct load_tenant *grown;

	/* Each metric tells of the tenants in the same order: it is the last still, or the next. */
	for (size_t i = 0; i < l->n; i++) {
		size_t at = (l->at + i) % l->n;

		if (span_equal(name, span_from_string(l->tenants[at].name))) {
			l->at = at;
			*ret = &l->tenants[at];
			return 0;
		}
	}
	if (!name.len || name.len >= LOAD_NAME_MAX || l->n == LOAD_TENANTS_MAX)
		return -EBADMSG;
	/* A power of two, and as many again. */
	if ((l->n & (l->n - 1)) == 0) {
		grown = realloc(l->tenants, MAX(2 * l->n, (size_t)1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		l->tenants = grown;
	}
	l->tenants[l->n] = (struct load_tenant){ 0 };
	memcpy(l->tenants[l->n].name, name.data, name.len);
	l->at = l->n;
	*ret = &l->tenants[l->n++];
	return 0;
}

/* "0.0025" as ns; UINT64_MAX for +Inf. */
static bool read_bound(struct span text, uint64_t *ret_ns)
{
	struct span whole, decimals;
	uint64_t seconds, ns = 0;

	if (span_equal(text, SPAN("+Inf"))) {
		*ret_ns = UINT64_MAX;
		return true;
	}
	decimals = span_cut(text, '.', &whole);
	if (!span_to_u64(whole, &seconds) || decimals.len > DECIMALS ||
	    (!span_is_none(decimals) && !span_to_u64(decimals, &ns)))
		return false;
	for (size_t i = decimals.len; i < DECIMALS; i++)
		ns *= 10;
	return !__builtin_mul_overflow(seconds, NS_PER_S, ret_ns) &&
	       !__builtin_add_overflow(*ret_ns, ns, ret_ns);
}

static uint64_t *find_time(struct load_tenant *t, struct span bound)
{
	uint64_t ns;

	if (!read_bound(bound, &ns))
		return NULL;
	for (size_t i = 0; i < scale->n; i++)
		if (scale->bounds[i] == ns)
			return &t->counts[LOAD_TIMES + i];
	return ns == UINT64_MAX ? &t->counts[LOAD_TIMES + scale->n] : NULL;
}

static uint64_t *place_by_status(struct load_tenant *t, const struct figure *f)
{
	if (figure_has(f, "status", "4xx"))
		return &t->counts[LOAD_CLIENT_ERRORS];
	if (figure_has(f, "status", "5xx"))
		return &t->counts[LOAD_SERVER_ERRORS];
	return &t->counts[LOAD_REQUESTS];
}

/* Where a figure of a tenant belongs; NULL where it belongs nowhere. */
static uint64_t *find_place(struct load_tenant *t, const struct figure *f)
{
	if (f->metric == METRIC_TENANT_REQUESTS)
		return place_by_status(t, f);
	if (f->metric == METRIC_TENANT_RECEIVED)
		return &t->counts[LOAD_RECEIVED];
	if (f->metric == METRIC_TENANT_SENT)
		return &t->counts[LOAD_SENT];
	return find_time(t, figure_label(f, "le"));
}

static bool is_of_tenant(enum metric m)
{
	return m == METRIC_TENANT_REQUESTS || m == METRIC_TENANT_RECEIVED ||
	       m == METRIC_TENANT_SENT || m == METRIC_TENANT_TIME;
}

static int take(struct load *l, const struct figure *f)
{
	struct load_tenant *t;
	uint64_t *place;
	int r;

	if (f->metric == METRIC_CONNECTIONS)
		l->connections = f->value;
	if (f->metric == METRIC_IN_FLIGHT)
		l->in_flight = f->value;
	if (!is_of_tenant(f->metric))
		return 0;
	r = take_tenant(l, figure_label(f, "tenant"), &t);
	if (r < 0)
		return r;
	place = find_place(t, f);
	return place && !__builtin_add_overflow(*place, f->value, place) ? 0 : -EBADMSG;
}

/* Buckets are told with all below them, and requests by how they ended. */
static int settle(struct load_tenant *t)
{
	uint64_t *times = t->counts + LOAD_TIMES;

	for (size_t i = scale->n; i > 0; i--) {
		if (times[i] < times[i - 1])
			return -EBADMSG;
		times[i] -= times[i - 1];
	}
	t->counts[LOAD_REQUESTS] += t->counts[LOAD_CLIENT_ERRORS] + t->counts[LOAD_SERVER_ERRORS];
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct load_tenant *)a)->name, ((const struct load_tenant *)b)->name);
}

int load_read(struct span text, struct load *ret)
{
	_cleanup_(load_clear) struct load l = { 0 };
	struct figure f;
	int r = 0;

	while (r == 0 && figures_next(&text, &f))
		r = take(&l, &f);
	for (size_t i = 0; r == 0 && i < l.n; i++)
		r = settle(&l.tenants[i]);
	if (r < 0)
		return r;
	if (l.n)
		qsort(l.tenants, l.n, sizeof(*l.tenants), by_name);
	*ret = l;
	l = (struct load){ 0 };
	return 0;
}

void load_clear(struct load *l)
{
	free(l->tenants);
	*l = (struct load){ 0 };
}

const struct load_tenant *load_find(const struct load *l, const char *name)
{
	struct load_tenant key;

	if (!l->n || strlen(name) >= sizeof(key.name))
		return NULL;
	strcpy(key.name, name);
	return bsearch(&key, l->tenants, l->n, sizeof(key), by_name);
}

/* --- between two moments ------------------------------------------------------------------- */

void load_since(const struct load_tenant *before, const struct load_tenant *now,
		struct load_tenant *ret)
{
	*ret = *now;
	for (size_t i = 0; before && i < LOAD_COUNTS; i++)
		if (now->counts[i] < before->counts[i])
			before = NULL;
	for (size_t i = 0; before && i < LOAD_COUNTS; i++)
		ret->counts[i] -= before->counts[i];
}

void load_add(struct load_tenant *to, const struct load_tenant *more)
{
	for (size_t i = 0; i < LOAD_COUNTS; i++)
		to->counts[i] += more->counts[i];
}

uint64_t load_quantile(const struct load_tenant *t, double part)
{
	const uint64_t *times = t->counts + LOAD_TIMES;
	uint64_t all = 0, below = 0;
	double rank;

	for (size_t i = 0; i <= scale->n; i++)
		all += times[i];
	if (!all)
		return LOAD_NO_TIME;
	rank = part * (double)all;
	for (size_t i = 0; i < scale->n; i++) {
		uint64_t from = i ? scale->bounds[i - 1] : 0;

		if (times[i] && (double)(below + times[i]) >= rank)
			return from + (uint64_t)((double)(scale->bounds[i] - from) *
						 ((rank - (double)below) / (double)times[i]));
		below += times[i];
	}
	return scale->bounds[scale->n - 1];
}
