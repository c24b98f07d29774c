/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/exposition.h"

#include <stdio.h>

#include "frontend/dialect.h"

static const char *const peer_names[LINKS_PEERS] = {
	[LINKS_AUTHD] = "authd",
	[LINKS_STORED] = "stored",
};

static const enum metric_from peer_from[LINKS_PEERS] = {
	[LINKS_AUTHD] = METRIC_FROM_AUTHD,
	[LINKS_STORED] = METRIC_FROM_STORED,
};

/* Where one worker counts one tenant, with a name that stays as it is while it is looked at. */
struct place {
	char name[COUNTS_TENANT_NAME_MAX + 1];
	const struct counts_tenant *tenant;
};

/* What several metrics tell of is gathered once. */
struct page {
	const struct exposition *from;
	struct buffer *to;
	struct sample times[COUNTS_OPERATIONS];
	bool is_asked[COUNTS_OPERATIONS]; /* at any time, by anybody */
	size_t n_places;
	struct place places[]; /* by name */
};

/* --- a sample as text --------------------------------------------------------------------- */

static void put_label_value(struct buffer *b, struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = span_bytes(value)[i];

		if (c == '\n')
			buffer_append_string(b, "\\n");
		else if (c == '\\' || c == '"')
			buffer_append(b, (struct span){ (char[]){ '\\', (char)c }, 2 });
		else
			buffer_append_byte(b, c);
	}
}

static void put_label(struct buffer *b, bool first, struct span name, struct span value)
{
	buffer_append_byte(b, first ? '{' : ',');
	buffer_append(b, name);
	buffer_append_string(b, "=\"");
	put_label_value(b, value);
	buffer_append_byte(b, '"');
}

/* Everything before the value; `le` is the bound of a bucket, or SPAN_NONE. */
static void put_series(struct buffer *b, const struct sample *s, const char *suffix, struct span le)
{
	const struct metric_row *row = &metric_rows[s->metric];
	struct span names = span_from_string(row->labels), name;
	size_t n = metric_label_count(s->metric);

	buffer_append_string(b, row->name);
	buffer_append_string(b, suffix);
	for (size_t i = 0; i < n; i++) {
		names = span_cut(names, ',', &name);
		put_label(b, i == 0, name, s->labels[i]);
	}
	if (!span_is_none(le))
		put_label(b, n == 0, SPAN("le"), le);
	if (n || !span_is_none(le))
		buffer_append_byte(b, '}');
	buffer_append_byte(b, ' ');
}

#define VALUE_MAX 40

/* Seconds with as many decimals as there are, in buf. */
static struct span format(enum metric_unit unit, uint64_t value, char buf[static VALUE_MAX])
{
	size_t n = (size_t)snprintf(
		buf, VALUE_MAX, "%llu",
		(unsigned long long)(unit == METRIC_UNIT_SECONDS ? value / NS_PER_S : value));

	if (unit == METRIC_UNIT_SECONDS && value % NS_PER_S) {
		n += (size_t)snprintf(buf + n, VALUE_MAX - n, ".%09u",
				      (unsigned int)(value % NS_PER_S));
		while (buf[n - 1] == '0')
			n--;
	}
	return (struct span){ buf, n };
}

static void put_value(struct buffer *b, enum metric_unit unit, uint64_t value)
{
	char text[VALUE_MAX];

	buffer_append(b, format(unit, value, text));
	buffer_append_byte(b, '\n');
}

static void put_histogram(struct buffer *b, const struct sample *s)
{
	const struct meter_row *scale = &meter_rows[metric_scale(s->metric)];
	enum metric_unit unit = metric_rows[s->metric].unit;
	char le[VALUE_MAX];
	uint64_t count = 0;

	for (size_t i = 0; i <= scale->n; i++) {
		count += s->values[i];
		put_series(b, s, "_bucket",
			   i < scale->n ? format(unit, scale->bounds[i], le) : SPAN("+Inf"));
		put_value(b, METRIC_UNIT_NUMBER, count);
	}
	put_series(b, s, "_sum", SPAN_NONE);
	put_value(b, unit, s->values[scale->n + 1]);
	put_series(b, s, "_count", SPAN_NONE);
	put_value(b, METRIC_UNIT_NUMBER, count);
}

static void put_sample(struct page *p, const struct sample *s)
{
	if (metric_is_histogram(s->metric)) {
		put_histogram(p->to, s);
		return;
	}
	put_series(p->to, s, "", SPAN_NONE);
	put_value(p->to, metric_rows[s->metric].unit, s->values[0]);
}

static void put_head(struct buffer *b, enum metric m)
{
	static const char *const types[] = {
		[METRIC_KIND_COUNTER] = "counter",
		[METRIC_KIND_GAUGE] = "gauge",
		[METRIC_KIND_TIMES] = "histogram",
		[METRIC_KIND_SIZES] = "histogram",
	};
	const struct metric_row *row = &metric_rows[m];

	buffer_printf(b, "# HELP %s %s.\n# TYPE %s %s\n", row->name, row->help, row->name,
		      types[row->kind]);
}

/* --- the frontend's own ------------------------------------------------------------------- */

/* The same member of every worker's counts, added up. */
static uint64_t sum_at(const struct page *p, size_t offset)
{
	const struct board *b = p->from->board;
	uint64_t sum = 0;

	for (unsigned int i = 0; i < b->n_slots; i++)
		sum += meter_read(
			(const meter_count *)((const uint8_t *)board_read(b, i) + offset));
	return sum;
}
#define SUM(p, member) sum_at((p), offsetof(struct counts, member))

static void add_meter(struct sample *s, const struct meter *m)
{
	struct sample one = { .metric = s->metric };

	sample_read_meter(&one, m);
	for (size_t i = 0; i < metric_value_count(s->metric); i++)
		s->values[i] += one.values[i];
}

static void sum_meters_at(const struct page *p, struct sample *s, size_t offset)
{
	const struct board *b = p->from->board;

	for (unsigned int i = 0; i < b->n_slots; i++)
		add_meter(s, (const struct meter *)((const uint8_t *)board_read(b, i) + offset));
}
#define SUM_METERS(p, s, member) sum_meters_at((p), (s), offsetof(struct counts, member))

static void put_number(struct page *p, enum metric m, uint64_t value)
{
	put_sample(p, &(struct sample){ .metric = m, .values = { value } });
}

static void put_labelled(struct page *p, enum metric m, const char *label, uint64_t value)
{
	put_sample(p, &(struct sample){ .metric = m,
					.labels = { span_from_string(label) },
					.values = { value } });
}

static const char *operation_label(size_t operation)
{
	return operation < S3_OPERATION_COUNT ? s3_operations[operation].name : "none";
}

static void tell_build(struct page *p)
{
	put_sample(p, &(struct sample){ .metric = METRIC_BUILD_INFO,
					.labels = { SPAN("frontend"), SPAN(COFFER_VERSION),
						    span_from_string(p->from->confinement) },
					.values = { 1 } });
}

static void tell_up(struct page *p)
{
	put_labelled(p, METRIC_UP, "frontend", 1);
	for (size_t i = 0; i < LINKS_PEERS; i++)
		put_labelled(p, METRIC_UP, peer_names[i], p->from->told[i]);
}

static void tell_queues(struct page *p)
{
	for (size_t i = 0; i < LINKS_PEERS; i++)
		put_sample(p, &(struct sample){ .metric = METRIC_IPC_QUEUE,
						.labels = { SPAN("frontend"),
							    span_from_string(peer_names[i]) },
						.values = { SUM(p, now.queued[i]) } });
}

static void tell_losses(struct page *p)
{
	for (size_t i = 0; i < LINKS_PEERS; i++)
		for (enum channel_end end = 0; end < CHANNEL_ENDS; end++)
			put_sample(p, &(struct sample){
					      .metric = METRIC_IPC_LOSSES,
					      .labels = { SPAN("frontend"),
							  span_from_string(peer_names[i]),
							  span_from_string(channel_end_name(end)) },
					      .values = { SUM(p, losses[i][end]) } });
}

/* What never was is not there: it would be many lines of nothing. */
static void tell_requests(struct page *p)
{
	for (size_t o = 0; o < COUNTS_OPERATIONS; o++)
		for (size_t d = 0; d < S3_DIALECT_COUNT; d++)
			for (size_t c = 0; c < COUNTS_STATUS_COUNT; c++) {
				struct sample s = {
					.metric = METRIC_REQUESTS,
					.labels = { span_from_string(operation_label(o)),
						    span_from_string(dialects[d].socket),
						    span_from_string(counts_status_labels[c]) },
					.values = { SUM(p, requests[o][d][c]) },
				};

				if (s.values[0])
					put_sample(p, &s);
			}
}

static void tell_errors(struct page *p)
{
	for (size_t e = S3_ERROR_NONE + 1; e < S3_ERROR_COUNT; e++) {
		uint64_t n = SUM(p, errors[e]);

		if (n)
			put_labelled(p, METRIC_ERRORS, s3_errors[e].code, n);
	}
}

static void gather_operations(struct page *p)
{
	for (size_t o = 0; o < COUNTS_OPERATIONS; o++) {
		struct sample *s = &p->times[o];

		*s = (struct sample){ .metric = METRIC_REQUEST_TIME,
				      .labels = { span_from_string(operation_label(o)) } };
		SUM_METERS(p, s, operations[o].times);
		for (size_t i = 0; i + 1 < metric_value_count(s->metric); i++)
			p->is_asked[o] |= s->values[i] != 0;
	}
}

static void tell_operation(struct page *p, enum metric m, size_t o)
{
	struct sample s = { .metric = m, .labels = { p->times[o].labels[0] } };

	if (m == METRIC_RECEIVED)
		s.values[0] = SUM(p, operations[o].received);
	else if (m == METRIC_SENT)
		s.values[0] = SUM(p, operations[o].sent);
	else
		SUM_METERS(p, &s, answer_times[o]);
	put_sample(p, &s);
}

static void tell_operations(struct page *p, enum metric m)
{
	for (size_t o = 0; o < COUNTS_OPERATIONS; o++) {
		if (!p->is_asked[o])
			continue;
		if (m == METRIC_REQUEST_TIME)
			put_sample(p, &p->times[o]);
		else
			tell_operation(p, m, o);
	}
}

static void tell_scrapes(struct page *p)
{
	for (size_t i = 0; i < COUNTS_SCRAPE_COUNT; i++)
		put_labelled(p, METRIC_SCRAPES, counts_scrape_labels[i], SUM(p, scrapes[i]));
}

/* --- tenants ------------------------------------------------------------------------------ */

/* In another's memory may be anything. Tenants are called by nothing else. */
static bool take_name(const struct counts_tenant *t, char to[static COUNTS_TENANT_NAME_MAX + 1])
{
	size_t len;

	memcpy(to, t->name, COUNTS_TENANT_NAME_MAX);
	to[COUNTS_TENANT_NAME_MAX] = '\0';
	len = strlen(to);
	return len && strspn(to, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->name, ((const struct place *)b)->name);
}

static size_t find_places(const struct board *b, struct place *places)
{
	size_t n = 0;

	for (unsigned int i = 0; i < b->n_slots; i++)
		for (size_t t = 0; t < COUNTS_TENANTS_MAX; t++) {
			const struct counts_tenant *tenant = &board_read(b, i)->tenants[t];

			if (atomic_load_explicit(&tenant->taken, memory_order_acquire) &&
			    take_name(tenant, places[n].name))
				places[n++].tenant = tenant;
		}
	qsort(places, n, sizeof(*places), by_name);
	return n;
}

static uint64_t sum_limited(const struct place *places, size_t n, enum counts_limit limit)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += meter_read(&places[i].tenant->limited[limit]);
	return sum;
}

static void tell_limited(struct page *p, const struct place *places, size_t n)
{
	struct sample s = { .metric = METRIC_LIMITED,
			    .labels = { span_from_string(places->name) } };

	for (enum counts_limit limit = 0; limit < COUNTS_LIMITS; limit++) {
		s.labels[1] = span_from_string(counts_limit_labels[limit]);
		s.values[0] = sum_limited(places, n, limit);
		if (s.values[0])
			put_sample(p, &s);
	}
}

/* One metric of one tenant, from all the places where it is counted. */
static void tell_tenant(struct page *p, enum metric m, const struct place *places, size_t n)
{
	struct sample s = { .metric = m, .labels = { span_from_string(places->name) } };

	for (size_t status = 0; m == METRIC_TENANT_REQUESTS && status < COUNTS_STATUS_COUNT;
	     status++) {
		s.labels[1] = span_from_string(counts_status_labels[status]);
		s.values[0] = 0;
		for (size_t i = 0; i < n; i++)
			s.values[0] += meter_read(&places[i].tenant->requests[status]);
		if (s.values[0])
			put_sample(p, &s);
	}
	if (m == METRIC_LIMITED)
		tell_limited(p, places, n);
	if (m == METRIC_TENANT_REQUESTS || m == METRIC_LIMITED)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct counts_traffic *t = &places[i].tenant->traffic;

		if (m == METRIC_TENANT_TIME)
			add_meter(&s, &t->times);
		else
			s.values[0] +=
				meter_read(m == METRIC_TENANT_SENT ? &t->sent : &t->received);
	}
	put_sample(p, &s);
}

/* No tenant can be called so. */
#define OTHER "(other)"

static size_t add_others(const struct board *b, struct place *places)
{
	size_t n = 0;

	for (unsigned int i = 0; i < b->n_slots; i++, n++) {
		places[n].tenant = &board_read(b, i)->tenants[COUNTS_TENANTS_MAX];
		strcpy(places[n].name, OTHER);
	}
	return n;
}

static void gather_tenants(struct page *p)
{
	const struct board *b = p->from->board;

	p->n_places = find_places(b, p->places);
	p->n_places += add_others(b, p->places + p->n_places);
}

/* Names may have come back, under another id: what has one name is one series. */
static void tell_tenants(struct page *p, enum metric m)
{
	size_t next;

	for (size_t i = 0; i < p->n_places; i = next) {
		for (next = i + 1;
		     next < p->n_places && by_name(&p->places[i], &p->places[next]) == 0;)
			next++;
		tell_tenant(p, m, &p->places[i], next - i);
	}
}

/* --- all of them -------------------------------------------------------------------------- */

static void tell_own(struct page *p, enum metric m)
{
	const struct board *b = p->from->board;

	switch ((int)m) {
	case METRIC_BUILD_INFO:
		tell_build(p);
		break;
	case METRIC_LANDLOCK:
		put_labelled(p, m, "frontend", (uint64_t)p->from->landlock_abi);
		break;
	case METRIC_UP:
		tell_up(p);
		break;
	case METRIC_START_TIME:
		put_labelled(p, m, "frontend", b->started_ns);
		break;
	case METRIC_IPC_QUEUE:
		tell_queues(p);
		break;
	case METRIC_IPC_LOSSES:
		tell_losses(p);
		break;
	case METRIC_WORKERS:
		put_number(p, m, SUM(p, now.running));
		break;
	case METRIC_WORKER_STARTS:
		put_number(p, m, meter_read(&board_read_parent(b)->worker_starts));
		break;
	case METRIC_CONNECTIONS:
		put_number(p, m, SUM(p, now.connections));
		break;
	case METRIC_IN_FLIGHT:
		put_number(p, m, SUM(p, now.in_flight));
		break;
	case METRIC_REQUESTS:
		tell_requests(p);
		break;
	case METRIC_ERRORS:
		tell_errors(p);
		break;
	case METRIC_ABORTED:
		put_number(p, m, SUM(p, aborted));
		break;
	case METRIC_RECEIVED:
	case METRIC_SENT:
	case METRIC_REQUEST_TIME:
	case METRIC_ANSWER_TIME:
		tell_operations(p, m);
		break;
	case METRIC_TENANT_REQUESTS:
	case METRIC_TENANT_RECEIVED:
	case METRIC_TENANT_SENT:
	case METRIC_TENANT_TIME:
	case METRIC_LIMITED:
		tell_tenants(p, m);
		break;
	case METRIC_SCRAPES:
		tell_scrapes(p);
		break;
	}
}

static void tell_of_peers(struct page *p, enum metric m)
{
	for (size_t i = 0; i < LINKS_PEERS; i++) {
		struct span rest = p->from->samples[i];
		struct sample s;

		if (!p->from->told[i])
			continue;
		while (sample_next(&rest, peer_from[i], &s) == 1)
			if (s.metric == m)
				put_sample(p, &s);
	}
}

void exposition_write(const struct exposition *e, struct buffer *to)
{
	size_t n_places = e->board->n_slots * (COUNTS_TENANTS_MAX + 1);
	_cleanup_(freep) struct page *p = calloc(1, sizeof(*p) + n_places * sizeof(*p->places));

	if (!p) {
		to->error = -ENOMEM;
		return;
	}
	p->from = e;
	p->to = to;
	gather_operations(p);
	gather_tenants(p);
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		put_head(to, m);
		tell_own(p, m);
		tell_of_peers(p, m);
	}
}
