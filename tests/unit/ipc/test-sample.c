/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/sample.h"

#undef NDEBUG
#include <assert.h>
#include <stdio.h>

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_';
}

/* https://prometheus.io/docs/practices/naming/ */
static void test_names_are_as_prometheus_wants_them(void)
{
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		const struct metric_row *row = &metric_rows[m];
		const char *name = row->name, *suffix = strrchr(name, '_');
		bool is_total = strcmp(suffix, "_total") == 0;

		assert(strncmp(name, "coffer_", 7) == 0 && strlen(row->help) > 0);
		for (const char *c = name; *c; c++)
			assert(is_letter(*c));
		for (const char *c = row->labels; *c; c++)
			assert(is_letter(*c) || *c == ',');
		assert(is_total == (row->kind == METRIC_KIND_COUNTER));
		assert((row->unit == METRIC_UNIT_SECONDS) == (strstr(name, "_seconds") != NULL));
		assert(metric_label_count(m) <= METRIC_LABELS_MAX);
		assert(metric_value_count(m) <= SAMPLE_VALUES_MAX);
		for (enum metric other = 0; other < m; other++)
			assert(strcmp(name, metric_rows[other].name));
	}
}

static void test_labels_are_counted(void)
{
	assert(metric_label_count(METRIC_WORKERS) == 0);
	assert(metric_label_count(METRIC_FLUSH_TIME) == 1);
	assert(metric_label_count(METRIC_REQUESTS) == 3);
}

static void test_samples_travel_one_behind_the_other(void)
{
	struct buffer b = BUFFER_INIT(10000);
	struct meter meter = { 0 };
	struct sample s;
	struct span rest;
	size_t n = metric_value_count(METRIC_FLUSH_TIME);

	meter_note(&meter, METER_SCALE_TIMES, 5 * NS_PER_MS);
	meter_note(&meter, METER_SCALE_TIMES, 90 * NS_PER_S);
	sample_put(&b, METRIC_CALLS, 7, NULL);
	sample_put_meter(&b, METRIC_FLUSH_TIME, &meter, "blob", NULL);
	sample_put(&b, METRIC_IPC_QUEUE, UINT64_MAX, "stored", "authd", NULL);
	assert(buffer_error(&b) == 0);
	rest = buffer_span(&b);

	assert(sample_next(&rest, METRIC_FROM_STORED, &s) == 1);
	assert(s.metric == METRIC_CALLS && s.values[0] == 7);
	assert(sample_next(&rest, METRIC_FROM_STORED, &s) == 1);
	assert(s.metric == METRIC_FLUSH_TIME && span_equal(s.labels[0], SPAN("blob")));
	assert(s.values[5] == 1 && s.values[n - 2] == 1);
	assert(s.values[n - 1] == 90 * NS_PER_S + 5 * NS_PER_MS);
	assert(sample_next(&rest, METRIC_FROM_STORED, &s) == 1);
	assert(span_equal(s.labels[1], SPAN("authd")) && s.values[0] == UINT64_MAX);
	assert(sample_next(&rest, METRIC_FROM_STORED, &s) == 0);
	buffer_clear(&b);
}

static void expect_none(const struct buffer *b, enum metric_from from)
{
	struct span rest = buffer_span(b);
	struct sample s;

	assert(sample_next(&rest, from, &s) == -EBADMSG);
	assert(rest.data == b->data);
}

static void test_t70_a_daemon_tells_its_own_metrics_only(void)
{
	struct buffer b = BUFFER_INIT(1000);

	sample_put(&b, METRIC_TENANTS, 1, NULL);
	expect_none(&b, METRIC_FROM_STORED);
	buffer_reset(&b);
	sample_put(&b, METRIC_SCRAPES, 1, "answered", NULL);
	expect_none(&b, METRIC_FROM_STORED);
	expect_none(&b, METRIC_FROM_AUTHD);
	buffer_clear(&b);
}

static void test_t70_what_is_cut_or_no_sample_is_refused(void)
{
	struct buffer b = BUFFER_INIT(1000), cut = BUFFER_INIT(1000);

	sample_put(&b, METRIC_SWEPT, 1, "dead", NULL);
	for (size_t len = 1; len < b.len; len++) {
		buffer_reset(&cut);
		buffer_append(&cut, span_first(buffer_span(&b), len));
		expect_none(&cut, METRIC_FROM_STORED);
	}
	buffer_reset(&cut);
	wire_put_u16(&cut, METRIC_COUNT);
	wire_put_u64(&cut, 1);
	expect_none(&cut, METRIC_FROM_ALL);
	/* A label of another length than it may have, and one that is no text. */
	for (int i = 0; i < 2; i++) {
		static const char long_label[SAMPLE_LABEL_MAX + 1] = { 'a' };

		buffer_reset(&cut);
		wire_put_u16(&cut, METRIC_SWEPT);
		wire_put_bytes(&cut,
			       i ? (struct span){ long_label, sizeof(long_label) } : SPAN("\xff"));
		wire_put_u64(&cut, 1);
		expect_none(&cut, METRIC_FROM_STORED);
	}
	buffer_clear(&b);
	buffer_clear(&cut);
}

int main(void)
{
	test_names_are_as_prometheus_wants_them();
	test_labels_are_counted();
	test_samples_travel_one_behind_the_other();
	test_t70_a_daemon_tells_its_own_metrics_only();
	test_t70_what_is_cut_or_no_sample_is_refused();
	return 0;
}
