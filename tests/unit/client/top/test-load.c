/* SPDX-License-Identifier: Apache-2.0 */

/* What is read from the metrics, and what is made of two looks at them. */

#include "client/top/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/top/report.h"

#undef NDEBUG
#include <assert.h>

#define LAST (METER_BOUNDS_MAX)

static const char text[] =
	"# HELP coffer_connections Clients' connections that are open.\n"
	"# TYPE coffer_connections gauge\n"
	"coffer_connections 7\n"
	"coffer_requests_in_flight 3\n"
	"coffer_stored_commit_seconds_sum 0.002335068\n"
	"coffer_up{daemon=\"stored\"} 1\n"
	"coffer_tenant_requests_total{tenant=\"zoo\",status=\"2xx\"} 100\n"
	"coffer_tenant_requests_total{tenant=\"zoo\",status=\"3xx\"} 4\n"
	"coffer_tenant_requests_total{tenant=\"zoo\",status=\"4xx\"} 20\n"
	"coffer_tenant_requests_total{tenant=\"zoo\",status=\"5xx\"} 1\n"
	"coffer_tenant_requests_total{tenant=\"acme\",status=\"2xx\"} 5\n"
	"coffer_tenant_received_bytes_total{tenant=\"zoo\"} 1000\n"
	"coffer_tenant_sent_bytes_total{tenant=\"acme\"} 2000\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"0.0001\"} 10\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"0.00025\"} 10\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"0.0005\"} 60\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"0.001\"} 60\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"0.0025\"} 60\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"0.005\"} 60\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"0.01\"} 60\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"0.025\"} 60\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"0.05\"} 60\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"0.1\"} 60\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"0.25\"} 60\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"0.5\"} 60\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"1\"} 124\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"2.5\"} 124\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"5\"} 124\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"10\"} 124\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"60\"} 124\n"
	"coffer_tenant_request_seconds_bucket{tenant=\"zoo\",le=\"+Inf\"} 125\n"
	"coffer_tenant_request_seconds_sum{tenant=\"zoo\"} 0.0123\n"
	"coffer_tenant_request_seconds_count{tenant=\"zoo\"} 125\n";

static struct load read_text(const char *from)
{
	struct load f;

	assert(load_read(span_from_string(from), &f) == 0);
	return f;
}

/* --- reading ------------------------------------------------------------------------------- */

static void test_what_is_told_of_each_tenant_is_read(void)
{
	struct load f = read_text(text);
	const struct load_tenant *zoo = load_find(&f, "zoo"), *acme = load_find(&f, "acme");

	assert(f.n == 2 && f.connections == 7 && f.in_flight == 3);
	assert(acme == &f.tenants[0] && zoo == &f.tenants[1]);
	assert(zoo->counts[LOAD_REQUESTS] == 125 && acme->counts[LOAD_REQUESTS] == 5);
	assert(zoo->counts[LOAD_CLIENT_ERRORS] == 20);
	assert(zoo->counts[LOAD_SERVER_ERRORS] == 1);
	assert(zoo->counts[LOAD_RECEIVED] == 1000 && zoo->counts[LOAD_SENT] == 0);
	assert(acme->counts[LOAD_SENT] == 2000);
	assert(zoo->counts[LOAD_TIMES] == 10 && zoo->counts[LOAD_TIMES + 1] == 0);
	assert(zoo->counts[LOAD_TIMES + 2] == 50 && zoo->counts[LOAD_TIMES + 12] == 64);
	assert(zoo->counts[LOAD_TIMES + LAST] == 1);
	assert(!load_find(&f, "other") && !load_find(&f, ""));
	load_clear(&f);
	assert(!load_find(&f, "zoo"));
}

static void test_nothing_is_nobody(void)
{
	struct load f = read_text("");

	assert(f.n == 0 && !f.tenants);
	load_clear(&f);
}

static void test_what_are_no_figures_of_tenants_is_refused(void)
{
	static const char *const wrong[] = {
		"coffer_tenant_requests_total{status=\"2xx\"} 1\n",
		"coffer_tenant_requests_total 1\n",
		"coffer_tenant_request_seconds_bucket{tenant=\"a\"} 1\n",
		"coffer_tenant_request_seconds_bucket{tenant=\"a\",le=\"0.3\"} 1\n",
		"coffer_tenant_request_seconds_bucket{tenant=\"a\",le=\"0.0000000001\"} 1\n",
		"coffer_tenant_request_seconds_bucket{tenant=\"a\",le=\"x\"} 1\n",
		"coffer_tenant_request_seconds_bucket{tenant=\"a\",le=\"0.0001\"} 2\n"
		"coffer_tenant_request_seconds_bucket{tenant=\"a\",le=\"0.00025\"} 1\n",
		"coffer_tenant_sent_bytes_total{tenant="
		"\"0123456789012345678901234567890123456789012"
		"345678901234567890123\"} 1\n",
		"coffer_tenant_sent_bytes_total{tenant=\"a\"} 18446744073709551615\n"
		"coffer_tenant_sent_bytes_total{tenant=\"a\"} 1\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct load l = { .n = 4711 };

		assert(load_read(span_from_string(wrong[i]), &l) == -EBADMSG && l.n == 4711);
	}
}

/* Of exactly that length, so that a read past the end is seen. */
static void test_text_that_is_cut_anywhere_does_no_harm(void)
{
	for (size_t len = 0; len < strlen(text); len++) {
		char *exact = malloc(len + 1);
		struct load f = { 0 };

		memcpy(exact, text, len);
		if (load_read((struct span){ exact, len }, &f) == 0)
			load_clear(&f);
		free(exact);
	}
}

/* --- between two looks --------------------------------------------------------------------- */

static void test_what_has_come_is_the_difference(void)
{
	struct load_tenant before = { .name = "a", .counts = { 10, 1, 0, 100, 200, 4, 6 } };
	struct load_tenant now = { .name = "a", .counts = { 15, 2, 1, 100, 250, 4, 11 } };
	struct load_tenant since, sum = { .name = "all" };

	load_since(&before, &now, &since);
	assert(since.counts[LOAD_REQUESTS] == 5 && since.counts[LOAD_CLIENT_ERRORS] == 1);
	assert(since.counts[LOAD_SERVER_ERRORS] == 1 && since.counts[LOAD_RECEIVED] == 0);
	assert(since.counts[LOAD_SENT] == 50 && since.counts[LOAD_TIMES] == 0);
	assert(since.counts[LOAD_TIMES + 1] == 5 && strcmp(since.name, "a") == 0);
	load_add(&sum, &since);
	load_add(&sum, &since);
	assert(sum.counts[LOAD_REQUESTS] == 10 && strcmp(sum.name, "all") == 0);
}

static void test_who_was_not_there_before_has_all_of_it(void)
{
	struct load_tenant now = { .counts = { 15, 2 } }, since;

	load_since(NULL, &now, &since);
	assert(since.counts[LOAD_REQUESTS] == 15 && since.counts[LOAD_CLIENT_ERRORS] == 2);
}

/* The server was started anew meanwhile: not even what looks larger is a difference. */
static void test_counters_that_began_anew_are_not_subtracted_from(void)
{
	struct load_tenant before = { .counts = { 100, 0, 0, 50 } };
	struct load_tenant now = { .counts = { 7, 0, 0, 60 } }, since;

	load_since(&before, &now, &since);
	assert(since.counts[LOAD_REQUESTS] == 7 && since.counts[LOAD_RECEIVED] == 60);
}

/* --- how long ------------------------------------------------------------------------------ */

static void test_quantiles_lie_evenly_within_a_bucket(void)
{
	struct load_tenant t = { 0 };
	uint64_t *times = t.counts + LOAD_TIMES;

	assert(load_quantile(&t, 0.5) == LOAD_NO_TIME);
	times[0] = 100; /* up to 0.1 ms */
	assert(load_quantile(&t, 0.5) == 50 * NS_PER_US);
	assert(load_quantile(&t, 0.99) == 99 * NS_PER_US);
	assert(load_quantile(&t, 1) == 100 * NS_PER_US);
	times[3] = 100; /* from 0.5 to 1 ms */
	assert(load_quantile(&t, 0.5) == 100 * NS_PER_US);
	assert(load_quantile(&t, 0.75) == 750 * NS_PER_US);
	times[3] = 1;
	assert(load_quantile(&t, 0.5) == 50500);
}

static void test_of_what_is_beyond_every_bound_the_last_bound_is_told(void)
{
	struct load_tenant t = { 0 };
	char buf[REPORT_TIME_MAX];

	t.counts[LOAD_TIMES] = 98;
	t.counts[LOAD_TIMES + LAST] = 2;
	assert(load_quantile(&t, 0.5) < NS_PER_MS);
	assert(load_quantile(&t, 0.99) == 60 * NS_PER_S);
	assert(strcmp(report_time(60 * NS_PER_S, buf), ">60s") == 0);
}

static void test_times_are_told_in_a_unit_that_fits(void)
{
	static const struct {
		uint64_t ns;
		const char *told;
	} cases[] = {
		{ LOAD_NO_TIME, "-" },	       { 0, "0.00ms" },
		{ 420 * NS_PER_US, "0.42ms" }, { 9994 * NS_PER_US, "9.99ms" },
		{ 12 * NS_PER_MS, "12ms" },    { 1500 * NS_PER_MS, "1.5s" },
		{ 59 * NS_PER_S, "59.0s" },
	};
	char buf[REPORT_TIME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert(strcmp(report_time(cases[i].ns, buf), cases[i].told) == 0);
}

/* --- what is shown ------------------------------------------------------------------------- */

static char *shown(const struct report *r, size_t rows)
{
	char *out = NULL;
	size_t len;
	FILE *to = open_memstream(&out, &len);

	report_table(to, r, rows);
	fclose(to);
	return out;
}

static void test_the_busiest_come_first_and_the_idle_not_at_all(void)
{
	struct load before = read_text(
			    "coffer_tenant_requests_total{tenant=\"a\",status=\"2xx\"} 5\n"
			    "coffer_tenant_requests_total{tenant=\"idle\",status=\"2xx\"} 9\n"),
		    now = read_text(
			    "coffer_tenant_requests_total{tenant=\"a\",status=\"2xx\"} 7\n"
			    "coffer_tenant_requests_total{tenant=\"b\",status=\"2xx\"} 10\n"
			    "coffer_tenant_requests_total{tenant=\"idle\",status=\"2xx\"} 9\n");
	struct report r;
	char *out;

	assert(report_make(&before, &now, 2, &r) == 0);
	assert(strcmp(r.since[0].name, "b") == 0 && strcmp(r.since[1].name, "a") == 0);
	assert(r.all.counts[LOAD_REQUESTS] == 12);
	out = shown(&r, 10);
	assert(strstr(out, "\n(all) ") < strstr(out, "\nb ") &&
	       strstr(out, "\nb ") < strstr(out, "\na "));
	assert(strstr(out, "6.0") && !strstr(out, "idle") && !strstr(out, "more"));
	free(out);
	out = shown(&r, 1);
	assert(strstr(out, "\nb ") && !strstr(out, "\na ") && strstr(out, "and 1 more"));
	free(out);
	report_clear(&r);
	load_clear(&before);
	load_clear(&now);
}

static void test_a_terminal_is_not_told_what_to_do_by_a_name(void)
{
	struct load now =
		read_text("coffer_tenant_requests_total{tenant=\"\033[2J\",status=\"2xx\"} 7\n");
	struct load none = { 0 };
	struct report r;
	char *out;

	assert(report_make(&none, &now, 1, &r) == 0);
	out = shown(&r, 10);
	assert(!strchr(out, '\033') && strstr(out, "\\x1b[2J"));
	free(out);
	report_clear(&r);
	load_clear(&now);
}

int main(void)
{
	test_what_is_told_of_each_tenant_is_read();
	test_nothing_is_nobody();
	test_what_are_no_figures_of_tenants_is_refused();
	test_text_that_is_cut_anywhere_does_no_harm();
	test_what_has_come_is_the_difference();
	test_who_was_not_there_before_has_all_of_it();
	test_counters_that_began_anew_are_not_subtracted_from();
	test_quantiles_lie_evenly_within_a_bucket();
	test_of_what_is_beyond_every_bound_the_last_bound_is_told();
	test_times_are_told_in_a_unit_that_fits();
	test_the_busiest_come_first_and_the_idle_not_at_all();
	test_a_terminal_is_not_told_what_to_do_by_a_name();
	return 0;
}
