/* SPDX-License-Identifier: Apache-2.0 */
#include "client/top/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/render.h"
#include "client/shown.h"
#include "s3/date.h"

#define NAME_COLUMN_MIN 6
#define NAME_COLUMN_MAX 40
#define ALL		"(all)"

static const struct meter_row *const times = &meter_rows[METER_SCALE_TIMES];

/* --- making it ----------------------------------------------------------------------------- */

static int busiest_first(const void *a, const void *b)
{
	const struct load_tenant *x = a, *y = b;
	uint64_t n = x->counts[LOAD_REQUESTS], m = y->counts[LOAD_REQUESTS];

	return n != m ? (n < m ? 1 : -1) : strcmp(x->name, y->name);
}

int report_make(const struct load *before, const struct load *now, double seconds,
		struct report *ret)
{
	struct report r = { .now = now, .seconds = seconds, .at_ns = clock_realtime_ns() };

	r.since = calloc(now->n + 1, sizeof(*r.since));
	if (!r.since)
		return -ENOMEM;
	for (size_t i = 0; i < now->n; i++) {
		load_since(load_find(before, now->tenants[i].name), &now->tenants[i], &r.since[i]);
		load_add(&r.all, &r.since[i]);
	}
	strcpy(r.all.name, ALL);
	qsort(r.since, now->n, sizeof(*r.since), busiest_first);
	*ret = r;
	return 0;
}

void report_clear(struct report *r)
{
	free(r->since);
	*r = (struct report){ 0 };
}

/* --- numbers ------------------------------------------------------------------------------- */

const char *report_time(uint64_t ns, char buf[static REPORT_TIME_MAX])
{
	double ms = (double)ns / (double)NS_PER_MS;

	if (ns == LOAD_NO_TIME)
		strcpy(buf, "-");
	else if (ns >= times->bounds[times->n - 1])
		snprintf(buf, REPORT_TIME_MAX, ">%.0fs", ms / 1000);
	else if (ms >= 1000)
		snprintf(buf, REPORT_TIME_MAX, "%.1fs", ms / 1000);
	else
		snprintf(buf, REPORT_TIME_MAX, ms < 10 ? "%.2fms" : "%.0fms", ms);
	return buf;
}

static double per_second(const struct report *r, const struct load_tenant *t, enum load_count c)
{
	return r->seconds > 0 ? (double)t->counts[c] / r->seconds : 0;
}

static const char *bytes_per_second(const struct report *r, const struct load_tenant *t,
				    enum load_count c, char buf[static RENDER_BYTES_MAX])
{
	return render_bytes((uint64_t)per_second(r, t, c), buf);
}

/* --- for people ---------------------------------------------------------------------------- */

static size_t active(const struct report *r)
{
	size_t n = 0;

	while (n < r->now->n && r->since[n].counts[LOAD_REQUESTS])
		n++;
	return n;
}

static int name_column(const struct report *r, size_t n)
{
	size_t most = NAME_COLUMN_MIN;

	for (size_t i = 0; i < n; i++)
		most = MAX(most, strlen(SHOWN(span_from_string(r->since[i].name))));
	return (int)MIN(most, (size_t)NAME_COLUMN_MAX);
}

static void print_titles(FILE *to, int column)
{
	fprintf(to, "%-*s  %9s  %12s  %12s  %7s  %7s  %9s  %9s\n", column, "TENANT", "REQ/S",
		"IN/S", "OUT/S", "4XX/S", "5XX/S", "P50", "P99");
}

static void print_tenant(FILE *to, const struct report *r, const struct load_tenant *t, int column)
{
	char in[RENDER_BYTES_MAX], out[RENDER_BYTES_MAX];
	char median[REPORT_TIME_MAX], most[REPORT_TIME_MAX];

	fprintf(to, "%-*.*s  %9.1f  %12s  %12s  %7.1f  %7.1f  %9s  %9s\n", column, column,
		SHOWN(span_from_string(t->name)), per_second(r, t, LOAD_REQUESTS),
		bytes_per_second(r, t, LOAD_RECEIVED, in), bytes_per_second(r, t, LOAD_SENT, out),
		per_second(r, t, LOAD_CLIENT_ERRORS), per_second(r, t, LOAD_SERVER_ERRORS),
		report_time(load_quantile(t, 0.5), median),
		report_time(load_quantile(t, 0.99), most));
}

void report_table(FILE *to, const struct report *r, size_t rows)
{
	size_t n = active(r), shown = MIN(n, rows);
	int column = name_column(r, shown);

	fprintf(to, "%llu connections, %llu requests under way",
		(unsigned long long)r->now->connections, (unsigned long long)r->now->in_flight);
	if (r->seconds > 0)
		fprintf(to, "; of the last %.1f s:\n\n", r->seconds);
	else
		fputs("; wait a moment:\n\n", to);
	print_titles(to, column);
	print_tenant(to, r, &r->all, column);
	for (size_t i = 0; i < shown; i++)
		print_tenant(to, r, &r->since[i], column);
	if (shown < n)
		fprintf(to, "and %zu more\n", n - shown);
}

void report_lines(FILE *to, const struct report *r)
{
	char at[DATE_TEXT_MAX], median[REPORT_TIME_MAX], most[REPORT_TIME_MAX];

	date_format_iso8601_s((int64_t)(r->at_ns / NS_PER_S), at);
	for (size_t i = 0, n = active(r); i < n; i++) {
		const struct load_tenant *t = &r->since[i];

		fprintf(to,
			"%s %s requests/s=%.1f in/s=%.0f out/s=%.0f 4xx/s=%.1f 5xx/s=%.1f p50=%s "
			"p99=%s\n",
			at, SHOWN(span_from_string(t->name)), per_second(r, t, LOAD_REQUESTS),
			per_second(r, t, LOAD_RECEIVED), per_second(r, t, LOAD_SENT),
			per_second(r, t, LOAD_CLIENT_ERRORS), per_second(r, t, LOAD_SERVER_ERRORS),
			report_time(load_quantile(t, 0.5), median),
			report_time(load_quantile(t, 0.99), most));
	}
}

/* --- for programs -------------------------------------------------------------------------- */

static json_t *time_json(uint64_t ns)
{
	return ns == LOAD_NO_TIME ? json_null() : json_real((double)ns / (double)NS_PER_MS);
}

static json_t *tenant_json(const struct report *r, const struct load_tenant *t)
{
	return json_pack(
		"{s:s, s:I, s:f, s:f, s:f, s:f, s:f, s:o, s:o}", "tenant", t->name, "requests",
		(json_int_t)t->counts[LOAD_REQUESTS], "requests_per_s",
		per_second(r, t, LOAD_REQUESTS), "received_bytes_per_s",
		per_second(r, t, LOAD_RECEIVED), "sent_bytes_per_s", per_second(r, t, LOAD_SENT),
		"client_errors_per_s", per_second(r, t, LOAD_CLIENT_ERRORS), "server_errors_per_s",
		per_second(r, t, LOAD_SERVER_ERRORS), "p50_ms", time_json(load_quantile(t, 0.5)),
		"p99_ms", time_json(load_quantile(t, 0.99)));
}

json_t *report_json(const struct report *r)
{
	json_t *tenants = json_array();
	char at[DATE_TEXT_MAX];

	date_format_iso8601(r->at_ns, at);
	for (size_t i = 0; i < r->now->n; i++)
		if (json_array_append_new(tenants, tenant_json(r, &r->since[i])) < 0) {
			json_decref(tenants);
			return NULL;
		}
	return json_pack("{s:b, s:s, s:f, s:I, s:I, s:o, s:o}", "ok", 1, "at", at, "interval_s",
			 r->seconds, "connections", (json_int_t)r->now->connections, "in_flight",
			 (json_int_t)r->now->in_flight, "all", tenant_json(r, &r->all), "tenants",
			 tenants);
}
